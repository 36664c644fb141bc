"""Which rows where clauses take, and what expressions give, for the engine's tests, by DuckDB.

    pip install duckdb==2.0.1
    python tests/reference/engine_where.py > tests/reference/engine_where.json

A case is a clause as ArcGIS writes it, and the same in DuckDB's words where these differ: there, `/` of whole numbers keeps
the fraction (`//` does not), a day is compared with an instant as its midnight, numbers are not added to timestamps, and LOG
is the decimal logarithm. Values that DuckDB refuses to compute are null in its words by TRY.
"""

import json
from datetime import datetime, timezone

import duckdb

ROWS = [
    (1, "Bonn", 330000, 141.1, "2024-05-01 00:00:00", "50%_a"),
    (2, "Berlin", 3700000, 891.7, "2024-05-01 23:59:59", None),
    (3, "Bern", None, 51.62, "2024-04-30 12:00:00", "x"),
    (4, "", 0, 0.0, None, ""),
    (5, None, -7, -2.5, "1969-12-31 23:30:00", "50xya"),
    (6, "São Paulo", 12300000, 1521.0, "2020-02-29 08:15:30", "it's"),
    (7, "bonn", 5, 2.0, "2024-05-02 00:00:00", " padded "),
    (8, "Zürich", 434000, None, "2000-01-01 00:00:00", "12.5"),
]
CLAUSES = [
    "POP > 1000", "pop >= 5 AND area < 100", "NOT (POP > 1000)", "POP <> 5", "POP != 5", "NAME = 'Bonn'", "NAME = ''",
    "NAME IS NULL", "NAME IS NOT NULL AND POP IS NULL", "POP > 1000 OR AREA > 60", "NOT (POP > 1000 OR AREA > 60)",
    "POP = NULL", "NULL IS NULL", "1 = 1", "1 = 0", "NOT NULL IS NULL", "POP BETWEEN 0 AND 330000",
    "POP NOT BETWEEN 0 AND 330000", "AREA BETWEEN POP AND 1000", "POP IN (5, 0, 330000)", "POP NOT IN (5, 0)",
    "POP IN (5, NULL)", "POP NOT IN (5, NULL)", "NAME IN ('Bonn', 'Bern')", "NAME NOT IN ('Bonn', 'Bern')",
    "POP IN (AREA, POP)", "NAME LIKE 'B%'", "NAME LIKE 'B_nn'", "NAME LIKE '%n'", "NAME LIKE '%r%n%'", "NAME NOT LIKE 'B%'",
    "NAME LIKE ''", "NAME LIKE '%'", "NAME LIKE 'S_o%'", "NOTE LIKE '50!%!_a' ESCAPE '!'", "NOTE LIKE '50%_a'",
    "NOTE LIKE '%!%%' ESCAPE '!'", "NAME LIKE NAME", "'Bonn' LIKE NAME", "NOTE = 'it''s'", "UPPER(NAME) = 'BONN'",
    "LOWER(NAME) LIKE 'b%'", "CHAR_LENGTH(NAME) = 6", "POSITION('n' IN NAME) = 3", "POSITION('' IN NAME) = 1",
    "SUBSTRING(NAME FROM 2 FOR 2) = 'er'", "SUBSTRING(NAME FROM 3) = 'rn'", "SUBSTRING(NAME FROM 0 FOR 3) = 'Bo'",
    "SUBSTRING(NAME, 1, 1) = 'Z'", ("TRIM(BOTH ' ' FROM NOTE) = 'padded'", "TRIM(NOTE, ' ') = 'padded'"),
    ("TRIM(LEADING ' ' FROM NOTE) = 'padded '", "LTRIM(NOTE, ' ') = 'padded '"),
    ("TRIM(TRAILING 'n' FROM NAME) = 'Bo'", "RTRIM(NAME, 'n') = 'Bo'"), "NAME || '!' = 'Bonn!'", "NAME < 'C'", "NAME >= 'b'",
    "CONCAT(NAME, NOTE) = 'Bernx'",
    "POP + 5 * 2 = 15", "(POP + 5) * 2 = 20", "-POP = 7", "POP - -7 = 0", "MOD(POP, 3) = -1", "POP % 3 = 2",
    ("POP / 2 = 2", "POP // 2 = 2"), ("POP / 2 = -3", "POP // 2 = -3 OR POP = -7"), ("POP / 0 = 0", "1 = 0"),
    ("POP / 0 IS NULL", "1 = 1"), "AREA / 2 = 1", "ABS(POP) = 7", "ABS(AREA) = 2.5", "FLOOR(AREA) = 141", "CEILING(AREA) = 52",
    "FLOOR(AREA) = -3", "CEILING(AREA) = -2", "ROUND(AREA, 1) = 51.6", "ROUND(AREA, 0) = 892", "TRUNC(AREA) = -2",
    "SIGN(POP) = -1", "POWER(POP, 2) = 25", "SQRT(AREA) = 39",
    ("SQRT(AREA) IS NULL", "AREA < 0 OR AREA IS NULL"), ("LOG(AREA) > 6", "AREA > 0 AND LN(CASE WHEN AREA > 0 THEN AREA END) > 6"),
    ("LOG10(AREA) > 3", "LOG10(CASE WHEN AREA > 0 THEN AREA END) > 3"), "COS(AREA) > 0.99", "EXP(POP) < 0.01",
    "ATAN(POP) > 1.5", "SIN(AREA) < 0 AND TAN(AREA) > 0",
    "CASE WHEN POP > 1000000 THEN 'big' WHEN POP > 1000 THEN 'middle' ELSE 'small' END = 'middle'",
    "CASE WHEN POP > 1000 THEN 1 END IS NULL", "CASE NAME WHEN 'Bonn' THEN 1 WHEN 'Bern' THEN 2 ELSE 0 END > 0",
    "COALESCE(POP, 42) = 42", "COALESCE(NAME, NOTE, 'none') = '50xya'", "NULLIF(POP, 5) IS NULL",
    ("CAST(NOTE AS FLOAT) = 12.5", "TRY_CAST(NOTE AS DOUBLE) = 12.5"), ("CAST(NOTE AS FLOAT) IS NULL", "TRY_CAST(NOTE AS DOUBLE) IS NULL"),
    "CAST(AREA AS INTEGER) = 892", "CAST(POP AS VARCHAR(20)) LIKE '%0'", "CAST(AREA AS INTEGER) = 141",
    ("CAST(NAME AS VARCHAR(2)) = 'Bo'", "LEFT(NAME, 2) = 'Bo'"),
    "SEEN IS NULL", "SEEN = TIMESTAMP '2024-05-01 00:00:00'", "SEEN > TIMESTAMP '2024-05-01 00:00:00'",
    "SEEN < TIMESTAMP '1970-01-01 00:00:00'", ("SEEN = DATE '2024-05-01'", "CAST(SEEN AS DATE) = DATE '2024-05-01'"),
    ("SEEN <> DATE '2024-05-01'", "CAST(SEEN AS DATE) <> DATE '2024-05-01'"),
    ("SEEN <= DATE '2024-05-01'", "CAST(SEEN AS DATE) <= DATE '2024-05-01'"),
    ("SEEN > DATE '2024-05-01'", "CAST(SEEN AS DATE) > DATE '2024-05-01'"), "SEEN >= DATE '2024-05-01'", "SEEN < DATE '2024-05-01'",
    ("SEEN BETWEEN DATE '2024-04-30' AND DATE '2024-05-01'", "CAST(SEEN AS DATE) BETWEEN DATE '2024-04-30' AND DATE '2024-05-01'"),
    ("SEEN IN (DATE '2024-05-01', DATE '2000-01-01')", "CAST(SEEN AS DATE) IN (DATE '2024-05-01', DATE '2000-01-01')"),
    ("SEEN = '2024-05-01 23:59:59'", "SEEN = TIMESTAMP '2024-05-01 23:59:59'"),
    "EXTRACT(YEAR FROM SEEN) = 2024", "EXTRACT(MONTH FROM SEEN) = 2", "EXTRACT(DAY FROM SEEN) = 29", "EXTRACT(HOUR FROM SEEN) = 23",
    "EXTRACT(MINUTE FROM SEEN) = 30", "EXTRACT(SECOND FROM SEEN) = 30", "SEEN >= TIMESTAMP '2024-05-03 00:00:00' - INTERVAL '2' DAY",
    "SEEN + INTERVAL '1' MONTH > TIMESTAMP '2024-05-30 00:00:00'", "SEEN + INTERVAL '1' YEAR = TIMESTAMP '2021-02-28 08:15:30'",
    "SEEN - INTERVAL '12' HOUR < TIMESTAMP '2024-05-01 00:00:00'",
    ("SEEN + 1 = TIMESTAMP '2024-05-02 00:00:00'", "SEEN + INTERVAL 1 DAY = TIMESTAMP '2024-05-02 00:00:00'"),
    ("SEEN >= CURRENT_DATE - 7", "SEEN >= TIMESTAMP '2024-05-01 00:00:00'"),
    ("SEEN < CURRENT_TIMESTAMP - INTERVAL '7' DAY", "SEEN < TIMESTAMP '2024-05-01 08:30:00'"),
    ("SEEN >= CURRENT_TIMESTAMP - INTERVAL '8 08:30:00' DAY TO SECOND", "SEEN >= TIMESTAMP '2024-04-30 00:00:00'"),
    "CAST('2024-05-01' AS DATE) = DATE '2024-05-01' AND POP = 5",
    ("CAST(SEEN AS DATE) - DATE '2024-04-30' = 1", "date_diff('day', DATE '2024-04-30', CAST(SEEN AS DATE)) = 1"),
    "POP = 5 OR POP = 0 AND AREA > 100", "NOT POP = 5 AND NOT AREA > 100", "NOT (NAME LIKE 'B%' AND POP > 5)",
]
EXPRESSIONS = [
    "POP", "AREA * 2", ("POP / 3", "CAST(TRUNC(POP / 3) AS BIGINT)"), "NAME || ':' || NOTE", "UPPER(NAME)", "COALESCE(POP, 0) + 1",
    ("SEEN", "epoch_ms(SEEN)"), ("SEEN + INTERVAL '1' MONTH", "epoch_ms(SEEN + INTERVAL '1' MONTH)"),
    ("CAST(SEEN AS DATE)", "epoch_ms(CAST(CAST(SEEN AS DATE) AS TIMESTAMP))"), "CASE WHEN POP > 1000 THEN 'big' ELSE NAME END",
    ("!POP! / !AREA!", "POP / NULLIF(AREA, 0)"), ("!POP! / 2", "POP / 2"), ("CAST(SEEN AS VARCHAR(30))", "strftime(SEEN, '%Y-%m-%d %H:%M:%S')"),
    "CAST(POP AS VARCHAR(20)) || 'x'", "SUBSTRING(NAME FROM 2)", "ROUND(AREA)", ("EXTRACT(YEAR FROM SEEN) * 100 + EXTRACT(MONTH FROM SEEN)", None), "NULL",
]

db = duckdb.connect()
db.execute("CREATE TABLE t (ID BIGINT, NAME VARCHAR, POP BIGINT, AREA DOUBLE, SEEN TIMESTAMP, NOTE VARCHAR)")
db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", ROWS)


def both(case):
    ours, theirs = case if isinstance(case, tuple) else (case, None)
    return ours, theirs or ours


def millis(text):
    return None if text is None else int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)


clauses = []
for case in CLAUSES:
    ours, theirs = both(case)
    ours = ours.replace("TRUNC(", "TRUNCATE(")
    clauses.append([ours, [row[0] for row in db.execute(f"SELECT ID FROM t WHERE {theirs} ORDER BY ID").fetchall()]])
expressions = []
for case in EXPRESSIONS:
    ours, theirs = both(case)
    values = [row[0] for row in db.execute(f"SELECT {theirs} FROM t ORDER BY ID").fetchall()]
    expressions.append([ours, [v if v is None or isinstance(v, (str, int)) else float(v) for v in values]])
rows = [dict(zip(["ID", "NAME", "POP", "AREA", "SEEN", "NOTE"], row[:4] + (millis(row[4]), row[5]))) for row in ROWS]
print(json.dumps({"now": millis("2024-05-08 08:30:00"), "rows": rows, "clauses": clauses, "expressions": expressions}, indent=0, ensure_ascii=False))
