"""random_tables.py FOLDER COUNT SEED: COUNT random files of each format, and what pandas and pyarrow read in them."""
import codecs
import datetime
import decimal
import gzip
import io
import json
import math
import os
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(seed)
files = []
SAFE = 2**53 - 1


def pick(values):
    return values[rng.integers(len(values))]


def chance(share):
    return rng.random() < share


def whole(low, high):
    return int(low + int(rng.random() * (high - low + 1)))


def expect(file, format, columns, **facts):
    """A column is its kind ("any" without a cell) and its cells: numbers, milliseconds since 1970, or texts; None is missing."""
    def plain(cell):
        if isinstance(cell, float) and not math.isfinite(cell):
            return "NaN" if math.isnan(cell) else "Infinity" if cell > 0 else "-Infinity"
        return cell
    columns = {name: (kind if any(cell is not None for cell in cells) else "any", cells) for name, (kind, cells) in columns.items()}
    shown = {name: {"kind": kind, "cells": [plain(cell) for cell in cells]} for name, (kind, cells) in columns.items()}
    files.append({"file": file, "format": format, "columns": shown, **facts})


def pack(file, content):
    """Writes the content as it is, or packed in one or more members or frames; returns the file's name."""
    how = pick(["", "", ".gz", ".zst"])
    middle = rng.integers(len(content) + 1)
    parts = [content[:middle], content[middle:]] if chance(0.5) else [content]
    packers = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor(write_checksum=chance(0.5)).compress}
    with open(os.path.join(folder, file + how), "wb") as out:
        out.writelines(packers[how](part) for part in parts)
    return file + how


# CSV: pandas reads the texts, Python the numbers and dates in them.

numbers = ["1e5", "+1", ".5", "5.", "-0", "007", "1e400", "5e-324", "nan", "-inf", "9007199254740991", "0.1234567890123456789", " 5 "]
strangers = ["1_000", "0x10", "1,000", "NA", "None", "True", "1e", "--1", "9007199254740993", "2023-02-29", "12:30", "01/02/2024"]
letters = list("abc é日𝄞\"',;\t\n\r|")


def csv_column(rows):
    make = pick([
        lambda: pick(numbers), lambda: repr(rng.normal() * 10.0 ** rng.integers(-300, 300)), lambda: str(whole(-1000, 1000)),
        lambda: (datetime.date(1950, 1, 1) + datetime.timedelta(whole(0, 40000))).isoformat(),
        lambda: f"2024-02-{whole(10, 29)}" + pick(["T10:20:30Z", " 10:20:30.125", "T10:20+05:30", "T01:02:03.000250-0300"]),
        lambda: "".join(pick(letters) for _ in range(whole(0, 9))), lambda: pick(["red", "green", "blue"]),
    ])
    cells = [make() if chance(0.9) else "" for _ in range(rows)]
    if chance(0.3):
        cells[rng.integers(rows)] = pick(strangers)
    return cells


def quote(text, always):
    return '"' + text.replace('"', '""') + '"' if always or any(c in text for c in '",;\t\r\n') else text


def number_of(text):
    stripped = text.strip(" \t")
    try:
        value = float(stripped)
    except ValueError:
        return None
    plain = stripped.lstrip("+-")
    return None if "_" in text or (plain.isdigit() and int(plain) > SAFE) else value


def date_of(text):
    if len(text) < 10 or text[4:5] != "-":
        return None
    try:
        instant = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    since = instant.replace(tzinfo=instant.tzinfo or datetime.timezone.utc) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since / datetime.timedelta(milliseconds=1)


def meaning(texts):
    present = [text for text in texts if text is not None]
    for kind, read in [("number", number_of), ("date", date_of)]:
        cells = [None if text is None else read(text) for text in texts]
        if present and cells.count(None) == texts.count(None):
            return kind, cells
    return "text", texts


def random_csv(at):
    rows, end, always = int(pick([1, 5, 300])), pick(["\n", "\r\n"]), chance(0.3)
    names = [pick(["a", "x y", "é", 'q"']) + str(place) for place in range(rng.integers(1, 6))]
    columns = [csv_column(rows) for _ in names]
    lines = [",".join(quote(name, False) for name in names)]
    for cells in zip(*columns):
        # A lone cell that is blank would be a blank line.
        lines.append(",".join(quote(cell, always or (len(names) == 1 and not cell.strip())) for cell in cells))
    text = end.join(lines) + (end if chance(0.8) else "")
    frame = pd.read_csv(io.StringIO(text, newline=""), dtype=str, keep_default_na=False, na_values=[""])
    mark, encoding = pick([(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
    file = pack(f"random-{at}.csv", mark + text.encode(encoding))
    expect(file, "csv", {name: meaning([None if pd.isna(cell) else cell for cell in frame[name]]) for name in frame})


# JSON Lines: Python's own reader, whose whole numbers have no end.

def random_json_lines(at):
    makers = {
        "whole": lambda: whole(-10**6, 10**6), "long": lambda: pick([SAFE, SAFE + 2, -SAFE - 4, 10**25 + 1, 7]), "real": lambda: rng.normal() * 10.0 ** rng.integers(-30, 30),
        "text": lambda: "".join(pick(letters) for _ in range(whole(0, 6))), "flag": lambda: chance(0.5),
    }
    names = {name: makers[name] for name in makers if chance(0.7)} or makers
    rows = [{name: make() for name, make in names.items() if chance(0.9)} for _ in range(pick([1, 20, 200]))]
    lines = [json.dumps(row, ensure_ascii=chance(0.5)) for row in rows]
    file = pack(f"random-{at}.jsonl", (pick(["\n", "\r\n", "\n\n"]).join(lines) + "\n").encode())
    columns = {}
    for name in {name: None for row in rows for name in row}:
        cells = [row.get(name) for row in rows]
        present = [cell for cell in cells if cell is not None]
        if name == "flag":
            columns[name] = ("text", [None if cell is None else str(cell).lower() for cell in cells])
        elif name == "text" or (name == "long" and any(float(cell) != cell for cell in present)):
            columns[name] = ("text", [None if cell is None else str(cell) for cell in cells])
        else:
            columns[name] = ("number", [None if cell is None else float(cell) for cell in cells])
    expect(file, "jsonl", columns)


# Parquet: pyarrow reads back what it wrote.

def parquet_types():
    width = {f"{sign}int{bits}": (0 if sign else -(2 ** (bits - 1)), 2 ** (bits if sign else bits - 1) - 1) for sign in ["", "u"] for bits in [8, 16, 32, 64]}
    types = {name: (getattr(pa, name)(), lambda low=low, high=high: pick([low, high, 0, 1, whole(max(low, -50), min(high, 50))])) for name, (low, high) in width.items()}
    reals = [math.nan, math.inf, -math.inf, -0.0, 1.0, 0.5, 6e-8, 65504.0]
    types |= {name: (type, lambda: pick(reals)) for name, type in [("double", pa.float64()), ("float", pa.float32())]}
    types["half"] = (pa.float16(), lambda: np.float16(pick(reals)))
    types |= {f"text{at}": (type, lambda: pick(["", "a", "é日", "x" * 300, "\ufeffb"] + [str(k) for k in range(40)])) for at, type in enumerate([pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])}
    types["bytes"] = (pa.binary(), lambda: pick([b"ab", b"\xff\x01", b"\xfe\x01"]))
    types["flag"] = (pa.bool_(), lambda: chance(0.5))
    types["day"] = (pa.date32(), lambda: datetime.date(1970, 1, 1) + datetime.timedelta(whole(-100000, 100000)))
    for unit, each in {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}.items():
        types[f"time_{unit}"] = (pa.timestamp(unit, pick([None, "UTC", "Europe/Berlin"])), lambda each=each: whole(-2 * 10**9, 4 * 10**9) * each)
    for digits, scale in [(5, 2), (9, 0), (18, 0), (18, 6), (38, 0), (38, 10), (25, 24)]:
        most = 10**digits - 1
        context = decimal.Context(prec=60)
        types[f"decimal_{digits}_{scale}"] = (pa.decimal128(digits, scale), lambda most=most, scale=scale, context=context: decimal.Decimal(pick([most, -most, 12, whole(-99, 99)])).scaleb(-scale, context))
    return types


encodings = {"int": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"], "float": ["PLAIN", "BYTE_STREAM_SPLIT"], "text": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"], "bool": ["PLAIN", "RLE"]}


def family(type):
    if pa.types.is_boolean(type):
        return "bool"
    if pa.types.is_integer(type) or pa.types.is_temporal(type):
        return "int"
    if pa.types.is_float32(type) or pa.types.is_float64(type):
        return "float"
    return "text" if pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_binary(type) else None


def parquet_meaning(column):
    type = column.type
    if pa.types.is_dictionary(type):
        column, type = column.cast(pa.string()), pa.string()
    if pa.types.is_timestamp(type):
        per_ms = {"s": 1e-3, "ms": 1, "us": 1e3, "ns": 1e6}[type.unit]
        return "date", [None if cell is None else cell / per_ms for cell in column.cast(pa.int64()).to_pylist()]
    cells = column.to_pylist()
    if pa.types.is_date(type):
        return "date", [None if cell is None else (cell - datetime.date(1970, 1, 1)).days * 86_400_000 for cell in cells]
    if pa.types.is_boolean(type):
        return "text", [None if cell is None else str(cell).lower() for cell in cells]
    if pa.types.is_binary(type):
        return "text", [None if cell is None else cell.decode("utf-8", "replace") for cell in cells]
    if family(type) == "text":
        return "text", cells
    is_whole = pa.types.is_integer(type) or (pa.types.is_decimal(type) and type.scale == 0)
    if is_whole and any(cell is not None and abs(cell) > SAFE for cell in cells):
        return "text", [None if cell is None else str(int(cell)) for cell in cells]
    return "number", [None if cell is None else float(cell) for cell in cells]


def random_parquet(at):
    rows, types = int(pick([1, 9, 1000])), parquet_types()
    kinds = [pick(list(types)) for _ in range(rng.integers(1, 5))]
    arrays, fields = [], []
    for place, kind in enumerate(kinds):
        type, make = types[kind]
        nullable = chance(0.6)
        cells = [None if nullable and chance(pick([0.05, 0.5])) else make() for _ in range(rows)]
        array = pa.array(cells, pa.int64() if kind.startswith("time_") else type if kind != "text2" else pa.string())
        array = array.dictionary_encode() if kind == "text2" else array.cast(type)
        arrays.append(array)
        fields.append(pa.field(pick(["a.b", "x y", "é", "a.list.element"]) + str(place), array.type, nullable=nullable))
    table = pa.table(arrays, schema=pa.schema(fields))
    settings = {
        "compression": pick(["none", "snappy", "zstd", "gzip", "brotli"]), "data_page_version": pick(["1.0", "2.0"]), "version": pick(["1.0", "2.4", "2.6"]),
        "row_group_size": int(pick([7, 97, 10**6])), "data_page_size": int(pick([10, 1000, 10**6])), "write_page_index": chance(0.3), "write_page_checksum": chance(0.3),
    }
    if chance(0.5):
        chosen = {field.name: pick(encodings[family(field.type)]) for field in fields if family(field.type) and "." not in field.name}
        settings |= {"use_dictionary": False} | ({"column_encoding": chosen} if chosen else {})
    else:
        settings["dictionary_pagesize_limit"] = int(pick([10, 10**6]))
    file = f"random-{at}.parquet"
    pq.write_table(table, os.path.join(folder, file), **settings)
    back = pq.read_table(os.path.join(folder, file))
    is_text = all(pc.all(pc.is_in(column, pa.array([b"ab", None], pa.binary()))).as_py() is not False for column in back.columns if pa.types.is_binary(column.type))
    expect(file, "parquet", {name: parquet_meaning(back[name]) for name in back.column_names}, **({} if is_text else {"refused": "NOT_UTF8"}))


for at in range(count):
    random_csv(at)
    random_json_lines(at)
    random_parquet(at)
with open(os.path.join(folder, "tables.json"), "w") as out:
    json.dump({"pandas": pd.__version__, "pyarrow": pa.__version__, "files": files}, out, allow_nan=False)
