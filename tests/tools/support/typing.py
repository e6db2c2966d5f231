"""Runs a command on its own terminal, and types a line at each prompt as soon as it appears.

typing.py PROMPT LINES COMMAND...: LINES is a JSON list. Prints what the terminal showed.
"""
import json
import os
import pty
import sys

prompt, lines, command = sys.argv[1].encode(), json.loads(sys.argv[2]), sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b""
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # Linux reports this error once nobody has the terminal open.
        break
    if not data:
        break
    shown += data
    while lines and shown.count(prompt) > 0 and data:
        shown = shown.replace(prompt, b"(asked) ", 1)
        os.write(terminal, lines.pop(0).encode() + b"\r")
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
