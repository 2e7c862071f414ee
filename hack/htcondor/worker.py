"""Answers questions about ClassAds with HTCondor's own library, one JSON line in, one out.

Every question is a list, whose first item says what is asked:

    ["e", expression, my, target]   the printed value of `expression`, in the ad `my`, matched with `target` (or null)
    ["m", left, right]              whether the two ads match each other
    ["b", expression, my, targets, order]
                                    seconds for evaluating `expression` in the ad `my` matched with each of `targets` that
                                    `order` names by its index, and the sum of the places in `order` of what was true
    ["p", texts, rounds]            seconds for parsing the ads `rounds` times, and how many attributes they had

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


def bench_evaluate(expression, my, targets, order):
    job = classad2.ClassAd(my)
    others = [classad2.ClassAd(text) for text in targets]
    tree = classad2.ExprTree(expression)
    checksum = 0
    begin = time.perf_counter()
    for place, index in enumerate(order):
        if tree.eval(job, others[index]) is True:
            checksum += place
    return [time.perf_counter() - begin, checksum]


def bench_parse(texts, rounds):
    attributes = sum(len(classad2.ClassAd(text)) for text in texts)
    begin = time.perf_counter()
    for _ in range(rounds):
        for text in texts:
            classad2.ClassAd(text)
    return [time.perf_counter() - begin, attributes]


actions = {"e": evaluate, "m": match, "b": bench_evaluate, "p": bench_parse}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = actions[question[0]](*question[1:])
    except Exception:
        answer = None
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
