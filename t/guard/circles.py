#!/usr/bin/python3
"""No files include each other in a circle: neither single files, nor pairs of a .c and its .h, however
long the way is."""
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402


def arrows(root, name_of):
    """From each name to those that it includes, with the place of the include."""
    found = {}
    for path in tree.module_files(root):
        here = found.setdefault(name_of(path.resolve()), {})
        for line, target in tree.own_includes(path, root):
            there = name_of(target.resolve())
            if there != name_of(path.resolve()):
                here.setdefault(there, (tree.name(path, root), line))
    return found


def first_circle(found, start, done):
    """The names of a circle that can be reached from `start`, or None; walks each name once."""
    chain, waiting = [], [(start, iter(found.get(start, ())))]
    while waiting:
        name, following = waiting[-1]
        if len(chain) < len(waiting):
            chain.append(name)
        following_name = next(following, None)
        if following_name is None:
            waiting.pop()
            done.add(chain.pop())
        elif following_name in chain:
            return chain[chain.index(following_name):] + [following_name]
        elif following_name not in done:
            waiting.append((following_name, iter(found.get(following_name, ()))))
    return None


def check(root):
    findings = []
    for name_of in (lambda path: path, lambda path: path.with_suffix("")):
        found, done = arrows(root, name_of), set()
        for start in sorted(found):
            circle = first_circle(found, start, done) if start not in done else None
            if circle is not None:
                path, line = found[circle[-2]][circle[-1]]
                findings.append(Finding(path, line, "closes a circle: " + " -> ".join(
                    tree.name(at, root) for at in circle),
                    "forward-declare the type in one of them, or move it to a file below both"))
                break
    return findings


if __name__ == "__main__":
    tree.run(check)
