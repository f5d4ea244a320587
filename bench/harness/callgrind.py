"""Reads what valgrind's callgrind writes: instructions of user space, which repeat where times do not."""

import collections
import pathlib
import re
import shutil
import subprocess


def missing():
    return None if shutil.which("valgrind") else "apt-get install valgrind"


def prefix(output):
    """What goes before a command to have its instructions counted."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}"]


class Profile:
    """Instructions by (object file, function), each function's own."""

    def __init__(self, counts):
        self.counts = counts

    @classmethod
    def read(cls, path):
        """`ob=` and `fn=` say where one is, a line of two numbers is a cost, after `calls=` it is the callee's.

        Names stand in full once, `(12) name`, and are numbers from then on.
        """
        names, counts, current, is_callee = {"ob": {}, "fn": {}}, collections.Counter(), {"ob": "", "fn": ""}, False
        for line in pathlib.Path(path).read_text(errors="replace").splitlines():
            named = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.+))?$", line)
            if named:
                called, kind, number, name = named.groups()
                if name:
                    names[kind][number] = name
                if not called:
                    current[kind] = names[kind].get(number, "?")
            elif line.startswith("calls="):
                is_callee = True
            elif re.match(r"[+\-*\d]\S* \d+$", line):
                if not is_callee:
                    counts[current["ob"], current["fn"]] += int(line.rsplit(" ", 1)[1])
                is_callee = False
        return cls(counts)

    def total(self, outside=None):
        return sum(count for (file, _), count in self.counts.items() if not (outside and outside in file))

    def per_request(self, shorter, requests):
        return Profile({key: (count - shorter.counts.get(key, 0)) / requests for key, count in self.counts.items()})

    def by_object(self):
        files = collections.Counter()
        for (file, _), count in self.counts.items():
            files[pathlib.Path(file).name] += count
        return files.most_common()

    def by_function(self):
        return sorted(((count, pathlib.Path(file).name, name) for (file, name), count in self.counts.items()),
                      reverse=True)


def demangled(names):
    """Swift's names in readable form; as they are when the tool is missing."""
    names = list(names)
    if not shutil.which("swift"):
        return names
    done = subprocess.run(
        ["swift", "demangle", "--compact", "--simplified"], input="\n".join(names), capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return lines if len(lines) == len(names) else names
