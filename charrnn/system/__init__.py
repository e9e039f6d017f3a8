"""Processes, cores, memory and files of the machine."""
