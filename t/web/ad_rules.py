"""What src/directory/kind_ad.c says about Samba's rules, written once more, to be compared with the
server. Of the letters beyond ASCII it knows those of ALPHABETS."""
import random

MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", MARKS, " ",
    "æøåéüñçþðÿāčęłőž", "ÆØÅÉÜÑÇÞÐŸĀČĘŁŐŽ", "ßıſŉªºµĸ", "αβγδλωςάό", "ΑΒΓΔΛΩΆΌ", "абвгдежзяёї",
    "АБВГДЕЖЗЯЁЇ", "ابتثجحخ", "אבגדה", "中文密码", "ひらがなカタカナ", "€£¥§°±©®½÷×¿", "\u00a0\u2003",
    "😀🔑🧂", "𐐀𐐨"]


def category(character):
    if character.isascii():
        return ("lower" if character.islower() else "upper" if character.isupper() else
                "digit" if character.isdigit() else "mark" if character in MARKS else None)
    if ord(character) > 0xFFFF:
        return "other"
    lower, upper = character.lower(), character.upper()
    if lower != character and lower.upper() == character:
        return "upper"
    if character == "ς" or (upper != character and upper.lower() == character):
        return "lower"
    return "other"


def units(password):
    """Its length as both servers count it."""
    return len(password.encode("utf-16-le")) // 2


def is_taken(password, least):
    found = {category(character) for character in password} - {None}
    return units(password) >= least and len(found) >= 3


def passwords(count, seed):
    """Short ones and long ones, of few sorts of characters and of many."""
    dice = random.Random(seed)
    for _ in range(count):
        alphabets = dice.sample(ALPHABETS, dice.randint(1, 4))
        yield "".join(dice.choice(dice.choice(alphabets)) for _ in range(dice.randint(4, 14)))
