"""Answers questions about ClassAds with HTCondor's own library, one JSON line in, one out.

Every question is a list, whose first item says what is asked:

    ["e", expression, my, target]   the printed value of `expression`, in the ad `my`, matched with `target` (or null)
    ["m", left, right]              whether the two ads match each other
    ["b", name, expression, ads]    seconds for one evaluation in each of `ads`, and how many were true (a benchmark)
    ["p", text, count]              seconds for parsing the ad `count` times (a benchmark)

The answer is the printed value, true or false, a list of figures, "refused" where the library fails to evaluate, and null
where something does not parse. Importing htcondor2 is what turns HTCondor's own functions on.
"""

import json
import sys
import time

import classad2
import htcondor2  # noqa: F401


def evaluate(expression, my, target):
    ad = classad2.ClassAd(my or "[]")
    other = classad2.ClassAd(target) if target is not None else None
    tree = classad2.ExprTree(expression)
    try:
        return repr(tree.simplify(ad, other))
    except Exception:
        return "refused"


def match(left, right):
    return bool(classad2.ClassAd(left).symmetricMatch(classad2.ClassAd(right)))


def bench_evaluate(expression, my, targets):
    job = classad2.ClassAd(my)
    others = [classad2.ClassAd(text) for text in targets]
    tree = classad2.ExprTree(expression)
    begin = time.perf_counter()
    true = sum(1 for other in others if tree.eval(job, other) is True)
    return [time.perf_counter() - begin, true]


def bench_parse(text, count):
    begin = time.perf_counter()
    for _ in range(count):
        classad2.ClassAd(text)
    return [time.perf_counter() - begin, count]


actions = {"e": evaluate, "m": match, "b": bench_evaluate, "p": bench_parse}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = actions[question[0]](*question[1:])
    except Exception:
        answer = None
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
