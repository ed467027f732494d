"""One small whole example of every layout that is read, and what an accident or an enemy makes of its bytes."""

import io
import json
import random
import zipfile
import zlib
from collections.abc import Callable

Files = dict[str, bytes]

_WORDS = [("Jana", "B-PER"), ("Novak", "I-PER"), ("spi", "O"), ("v", "O"), ("Celju", "B-LOC"), (".", "O")]
_SPANS = [(0, 10, "PER"), (17, 22, "LOC")]
_TEXT = "Jana Novak spi v Celju ."
_SLOTS = """id,type,case,gender,be,en
c1,PER,nominative,f,[female] спявала.,[female] sang.
c2,LOC,nominative,,Гэта [loc].,This is [loc].
"""
_NAMES = """id,type,case,gender,ambiguity,be,en
anna,PER,nominative,f,,Ганна,Anna
minsk,LOC,nominative,,,Мінск,Minsk
"""


def _lines(row: str, times: int = 3) -> str:
    block = "".join(row.format(i=i, word=word, tag=tag) + "\n" for i, (word, tag) in enumerate(_WORDS, 1))
    return "\n".join([block] * times)


def _json(record: object) -> bytes:
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def _workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [("token", "label"), *_WORDS, (None, None), *_WORDS]:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _parquet() -> bytes:
    import pyarrow
    from pyarrow import parquet

    words, tags = ([pair[side] for pair in _WORDS] for side in (0, 1))
    content = io.BytesIO()
    parquet.write_table(pyarrow.table({"tokens": [words] * 3, "ner_tags": [tags] * 3}), content)
    return content.getvalue()


def _docbin() -> bytes:
    import msgpack
    import numpy as np

    from nerspace.datasets.readers.spacy_docbin import hash_of

    jana, novak, sleeps, person = map(hash_of, ("Jana", "Novak", "spi", "PER"))
    tokens = np.array([[jana, 3, person], [novak, 1, person], [sleeps, 2, 0]], dtype="<u8")
    content = {"version": "0.1", "attrs": [65, 77, 78], "tokens": tokens.tobytes(), "spaces": b"\1\1\0",
               "lengths": np.array([3], dtype="<i4").tobytes(), "strings": ["Jana", "Novak", "spi", "PER"],
               "cats": [{}], "flags": [{"has_unknown_spaces": False}]}  # fmt: skip
    return zlib.compress(msgpack.packb(content))


def seeds() -> dict[str, Files]:
    """Layout → the files of one example."""
    spans = [{"start": a, "end": b, "label": kind} for a, b, kind in _SPANS]
    words, tags = ([pair[side] for pair in _WORDS] for side in (0, 1))
    studio = [{"value": {"start": a, "end": b, "labels": [kind]}, "type": "labels", "from_name": "l", "to_name": "t"}
              for a, b, kind in _SPANS]  # fmt: skip
    bilou = [("Jana", "B-PER"), ("Novak", "L-PER"), ("spi", "O")]
    tokens = [{"id": number, "orth": word, "ner": tag} for number, (word, tag) in enumerate(bilou)]
    spacy = [{"id": 0, "paragraphs": [{"raw": _TEXT, "sentences": [{"tokens": tokens}]}]}]
    brat = "T1\tPER 0 10\tJana Novak\nT2\tLOC 17 22\tCelju\n"
    entities = [{"id": 1, "label": kind, "start_offset": a, "end_offset": b} for a, b, kind in _SPANS]
    plain = _lines("{i}\t{word}\t{tag}")
    syntax = _lines("{i}\t{word}\t_\tX\t_\t_\t0\troot\t_\tNER={tag}")
    found = {
        "CoNLL text": {"x-sl.conll": ("-DOCSTART- O\n\n" + _lines("{word} {tag}")).encode()},
        "CoNLL 2003": {"eng.testb": _lines("{word} NN I-NP {tag}").encode()},
        "WikiANN": {"sl/train.txt": _lines("sl:{word}\t{tag}").encode()},
        "CoNLL-U": {"x-sl.conllu": ("# sent_id = 1\n" + syntax).encode()},
        "CoNLL-U Plus": {"x.conllup": ("# global.columns = ID FORM SRC:NE\n" + plain).encode()},
        "UNER": {"x.iob2": ("# text = x\n" + _lines("{i}\t{word}\t{tag}\t-\t-")).encode()},
        "CSV of words": {"x.csv": b"Sentence #,Word,POS,Tag\n" + b"".join(
            f"{'Sentence: 1' if not i else ''},{w},N,{t}\n".encode() for i, (w, t) in enumerate(_WORDS))},
        "CSV of sentences": {"x.csv": ("text,labels\n" + f'"{" ".join(words)}","{" ".join(tags)}"\n' * 3).encode()},
        "gold table": {"x.csv": ("token,label\n" + "".join(f"{w},{t}\n" for w, t in _WORDS) + ",\n").encode()},
        "gold .xlsx": {"x.xlsx": _workbook()},
        "JSON words": {"x.jsonl": _json({"tokens": words, "ner_tags": tags}) * 3},
        "JSON spans": {"x.jsonl": _json({"text": _TEXT, "entities": [list(span) for span in _SPANS]}) * 3},
        "JSON array": {"x.json": _json([{"tokens": words, "tags": tags}] * 3)},
        "Prodigy": {"x.jsonl": _json({"text": _TEXT, "spans": spans, "answer": "accept"}) * 3},
        "doccano": {"x.jsonl": _json({"id": 1, "text": _TEXT, "entities": entities, "relations": []}) * 3},
        "Label Studio": {"x.json": _json([{"id": 1, "data": {"text": _TEXT}, "annotations": [{"result": studio}]}])},
        "spaCy JSON": {"x.json": _json(spacy)},
        "spaCy DocBin": {"x.spacy": _docbin()},
        "GLiNER": {"x.json": _json([{"tokenized_text": words, "ner": [[0, 1, "PER"], [4, 4, "LOC"]]}] * 3)},
        "Parquet": {"x.parquet": _parquet()},
        "brat": {"d1.txt": _TEXT.encode(), "d1.ann": brat.encode()},
        "BSNLP": {"raw/bg/d1.txt": f"1\nbg\n2020-01-01\nhttp://x\nTitle\n\n{_TEXT}\n".encode(),
                  "annotated/bg/d1.out": b"1\nJana Novak\tJana Novak\tPER\tPER-1\nCelju\tCelje\tLOC\tLOC-1\n"},
        "parallel": {"contexts.csv": _SLOTS.encode(), "entities.csv": _NAMES.encode()},
        "readyTEN": {"LOC_NOM_names.csv": b"en,tr\nIndia,Hindistan\nParis,Paris\n",
                     "LOC_NOM_5sents.csv": b",en,tr\n0,This is [???].,Bu [???].\n1,[???] grows.,[???] olur.\n"},
        "SlavNER": {"Framework/data/S1/LOC_names.csv": ",bg,ru\n0,в Австрия,в Австрии\n".encode(),
                    "Framework/data/S1/LOC_sents.csv": ",ru,bg\n0,Он живёт [loc].,Той [loc].\n".encode()},
    }  # fmt: skip
    names: dict[str, Files] = {
        "names, wide": {"names.csv": "id,name_be,name_en\n1,Мінск,Minsk\n2,Брэст,Brest\n".encode()},
        "names, ParaNames": {
            "names.tsv": "wikidata_id\teng\tlabel\tlanguage\ttype\nX1\tMinsk\tМінск\tbe\tLOC\n".encode()
        },
    }
    return {**found, **names}


_MARKS = [
    b"\0", b"\r", b"\n\n\n", b"\r\n", b"\xff", b"\xef\xbb\xbf", b"\x1b]52;c;QQ==\x07", b"\xc2\x9b31m", b"\xe2\x80\xae",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b'"', b"'", b"\\", b"\\ud800", b"\\u0000", b"\t", b" ", b",", b";", b"|",
    b"[", b"{", b"]", b"}", b"null", b"true", b"NaN", b"1e999", b"-1", b"0", b"9" * 400, b"9" * 5000, b"[" * 3000,
    b'{"a":' * 3000, b"B-", b"I-", b"-DOCSTART-", b"O", b"#", b"_", b"=cmd()", b"\xd9\xa3", b"\xc2\xb2", b"a" * 5000,
    b"<!ENTITY x SYSTEM 'file:///etc/passwd'>", b"\xcc\x81", b"\x80\x04", b"PK\x03\x04", b"\x1f\x8b", b"\xe2\x80\xa8",
    b"\xc2\x85", b"\x0c", b"\x1c",
]  # fmt: skip


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The bytes after one to six accidents: bits, cuts, doubled or swapped lines, strange marks, parts of another."""
    if data.startswith(b"PK\x03\x04") and chance.random() < 0.7:
        return _mutated_archive(data, other, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        data = chance.choice(_ACCIDENTS)(data, other, chance)
    return data


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _bit(data: bytes, other: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :] if at < len(data) else data


def _mark(data: bytes, other: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.choice(_MARKS) + data[at + chance.choice((0, 0, 1, 3)) :]


def _cut(data: bytes, other: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _hole(data: bytes, other: bytes, chance: random.Random) -> bytes:
    a, b = sorted((_place(data, chance), _place(data, chance)))
    return data[:a] + data[min(b, a + chance.choice((1, 5, 40, 10_000))) :]


def _double(data: bytes, other: bytes, chance: random.Random) -> bytes:
    a, b = sorted((_place(data, chance), _place(data, chance)))
    return data[:b] + data[a:b] * chance.choice((1, 2, 20)) + data[b:] if b - a < 2_000 else data


def _swap(data: bytes, other: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def _splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    at, a = _place(data, chance), _place(other, chance)
    return data[:at] + other[a : a + 60] + data[at:]


def _replace(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """One value of JSON, or one field of a row, becomes another."""
    import re

    fields = list(re.finditer(rb'"[^"\n]*"|-?\d+|[^\s,\t:{}\[\]"]+', data))
    if not fields:
        return data
    found = chance.choice(fields)
    return data[: found.start()] + chance.choice(_MARKS) + data[found.end() :]


def _recode(data: bytes, other: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(chance.choice(("utf-16", "utf-16-le", "latin-1", "utf-7", "utf-8-sig")), "replace")


_ACCIDENTS: list[Callable[[bytes, bytes, random.Random], bytes]] = [
    _bit, _bit, _mark, _mark, _mark, _cut, _hole, _double, _swap, _splice, _replace, _replace, _replace, _recode,
]  # fmt: skip


def _mutated_archive(data: bytes, other: bytes, chance: random.Random) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(content, "w") as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            if name == chosen:
                if chance.random() < 0.1:
                    continue
                part = chance.choice(_ACCIDENTS)(part, other, chance)
            new.writestr(name, part)
    return content.getvalue()
