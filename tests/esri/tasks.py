"""Every task that the local service computes, called through Esri's Python client, its numbers held against references.

The references are those of the engine's own tests: tests/reference/engine_*.py say by which programs they were computed, and
the engine's tests why they may differ by as much as the tolerances here. What is tried here is the way there and back: how
the client writes the parameters, and what it makes of the results.
"""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree
from zipfile import ZipFile

from arcgis.features import analysis

from layers import (
    area, check, check_statistics, column, countries, data, drawn, features, layer, line, one, places, point, polygon, reference, rows, shape,
    twice_area,
)

TASKS = {}
STATISTICS = ["Sum", "Mean", "Min", "Max", "Stddev"]


def task(name):
    def register(call):
        TASKS[name] = call
        return call

    return register


def all_of(field):
    return [f"{field} {statistic}" for statistic in STATISTICS]


@task("AggregatePoints")
def aggregate_points(gis):
    figures = reference("tables")["aggregate"]
    points, polygons = drawn(figures["points"], 32633), drawn(figures["areas"], 32633)
    options = {"summary_fields": all_of("visitors") + all_of("rating"), "group_by_field": "kind", "minority_majority": True}
    found = analysis.aggregate_points(points, polygons, percent_points=True, gis=gis, **options)
    for row, expected in zip(rows(found["aggregated_layer"]), figures["expected"], strict=True):
        check("count", row["Point_Count"], expected["count"])
        check_statistics(expected["name"], row, "visitors", expected["visitors"])
        check_statistics(expected["name"], row, "rating", expected["rating"])
        check("majority", row["Majority_kind"], expected["majority"])
        groups = [group for group in rows(found["group_summary"]) if group["Join_ID"] == row["Join_ID"]]
        check("groups", [group["Point_Count"] for group in groups], [group["count"] for group in expected["groups"]])
    bins = reference("tables")["bins"]["planar"]["Hexagon"]
    loose = layer([(point(f["point"]), {}) for f in figures["points"][:300]], "Point", 32633)
    found = analysis.aggregate_points(loose, bin_type="Hexagon", bin_size=400, bin_size_unit="Meters", keep_boundaries_with_no_points=False, gis=gis)
    check("hexagons", sorted(column(one(found, "aggregated_layer"), "Point_Count")), sorted(count for _, count in bins["counts"]))


@task("CalculateCompositeIndex")
def calculate_composite_index(gis):
    figures = reference("index")
    values = zip(figures["people"], figures["letters"], figures["extent"])
    table = layer([(None, {"people": p, "letters": l, "extent": e}) for p, l, e in values], None)
    variables = [
        {"field": "people", "reverseVariable": False, "weight": 1},
        {"field": "letters", "reverseVariable": True, "weight": 2.5},
        {"field": "extent", "reverseVariable": False, "weight": 0.5},
    ]
    for method in ("meanScaled", "geomeanPercentile"):
        expected = figures["methods"][method]
        answer = analysis.calculate_composite_index(table, variables, index_method=method, gis=gis)
        found = one(answer, "index_result_layer")
        check(method, column(found, "INDEX_"), expected["index"])
        check(method, column(found, "Index_Rank"), expected["rank"])
    stretched = {"output_index_reverse": True, "output_index_min_max": [{"min": 10, "max": 90}]}
    found = analysis.calculate_composite_index(table, variables, index_method="geomeanPercentile", gis=gis, **stretched)
    check("stretched", column(one(found, "index_result_layer"), "INDEX_"), expected["stretched"])


@task("CalculateDensity")
def calculate_density(gis):
    figures = reference("density")
    points = layer([(point(row), {"weight": row[2]}) for row in figures["points"]], "Point", 32633)
    size = {"radius": 1200, "radius_units": "Meters", "cell_size": 150, "cell_size_units": "Meters"}
    found = analysis.calculate_density(points, field="weight", num_classes=4, gis=gis, **size)
    check("borders", column(found, "Value_Max"), [figures["peak"] / 4 * k for k in (1, 2, 3, 4)])


@task("CreateBuffers")
def create_buffers(gis):
    for name, case in reference("buffers")["planes"].items():
        if name not in ("point", "line round", "line flat", "line left", "polygon"):
            continue
        kinds = {"point": ("Point", point), "polygon": ("Polygon", polygon)}
        kind, draw = kinds.get(case["kind"], ("Polyline", line))
        options = {"Flat": {"end_type": "Flat"}, "Left": {"side_type": "Left"}}.get(case["kind"], {})
        given = layer([(draw(case["geometry"]), {"NAME": name})], kind, 32633)
        (buffer,) = features(analysis.create_buffers(given, distances=[case["metres"]], gis=gis, **options))
        # Circles of 360 corners lack 5.1e-5 of a disk.
        check(name, area(buffer), case["area"], 6e-5)
        check(name, buffer.attributes["NAME"], name)
    rings = analysis.create_buffers(places(), distances=[10, 20], units="Miles", ring_type="Rings", gis=gis)
    assert len(features(rings)) == 2 * 243


def numbered(shapes):
    kind = {"Polygon": "Polygon", "LineString": "Polyline"}[shapes[0]["type"]]
    return layer([(shape(s), {"i": i}) for i, s in enumerate(shapes)], kind, 32632)


@task("DeriveNewLocations")
def derive_new_locations(gis):
    figures = reference("locations")
    layers = [numbered(figures["shapes"][name]) for name in ("targets", "covers", "roads")]
    cases = [case for case in figures["derived"] if case["target"] == "targets"]
    for case in (cases[1], cases[5]):
        found = analysis.derive_new_locations(layers, case["expressions"], gis=gis)
        sizes = [None] * len(case["sizes"])
        for feature in features(found):
            sizes[int(feature.attributes["i"])] = area(feature)
        # Buffers are drawn by circles of other vertices.
        check(str(case["expressions"]), sizes, case["sizes"], 1e-4)


@task("DissolveBoundaries")
def dissolve_boundaries(gis):
    figures = reference("tables")["dissolve"]
    parcels = drawn(figures["features"], 32633)
    found = analysis.dissolve_boundaries(parcels, dissolve_fields=["zone"], summary_fields=all_of("people") + all_of("height"), gis=gis)
    for feature, expected in zip(features(found), figures["byZone"], strict=True):
        row = feature.attributes
        check("zone", [row["zone"]], expected["values"])
        check("count", row["Count"], expected["count"])
        check("area", area(feature), expected["area"])
        check_statistics(row["zone"], row, "people", expected["people"])
        check_statistics(row["zone"], row, "height", expected["height"])
    assert len(features(analysis.dissolve_boundaries(parcels, gis=gis))) == 1


@task("ExtractData")
def extract_data(gis):
    figures = reference("extract")["parted"]
    extent = layer([(shape(figures["geometry"]), {})], "Polygon")
    with TemporaryDirectory() as folder:
        item = analysis.extract_data([places()], extent=extent, output_name="Places of the area", gis=gis)
        check("item", [item.type, item.title, item.name], ["CSV", "Places of the area", "Places of the area.csv"])
        assert item.size == (Path(folder) / item.download(folder)).stat().st_size
        with open(item.download(folder), newline="", encoding="utf-8") as file:
            check("places", [int(row["i"]) for row in csv.DictReader(file)], figures["places"]["whole"])
        assert item.id in [found.id for found in gis.content.search("type:CSV AND title:places")]
        assert item.delete() and gis.content.get(item.id) is None
        told = {"title": "Cut", "tags": "cut, countries", "snippet": "Cut countries"}
        item = analysis.extract_data([countries()], extent=extent, clip=True, data_format="KML", output_name=told, gis=gis)
        check("told", [item.tags, item.snippet], [["cut", "countries"], "Cut countries"])
        with ZipFile(item.download(folder)) as archive:
            document = ElementTree.fromstring(archive.read("doc.kml"))
        kml = "{http://www.opengis.net/kml/2.2}"
        found = []
        for mark in document.iter(f"{kml}Placemark"):
            (index,) = (data.text for data in mark.iter(f"{kml}SimpleData") if data.get("name") == "i")
            rings = [[tuple(map(float, place.split(","))) for place in ring.text.split()] for ring in mark.iter(f"{kml}coordinates")]
            # Outer rings run counterclockwise, holes the other way.
            found.append([int(index), sum(map(twice_area, rings)) / 2])
        # Slivers are in neither.
        check("cut", [pair for pair in found if pair[1] > 1e-8], figures["countries"]["clipped"])
        item = analysis.extract_data([countries(), places()], extent=extent, data_format="ShapeFile", gis=gis)
        with ZipFile(item.download(folder)) as archive:
            # A header of 100 bytes, and 8 for each record.
            records = sorted((archive.getinfo(name).file_size - 100) // 8 for name in archive.namelist() if name.endswith(".shx"))
        check("records", records, sorted(len(figures[name]["whole"]) for name in ("countries", "places")))
    try:
        analysis.extract_data([places()], data_format="FileGeodatabase", gis=gis)
    except Exception as refused:
        assert "file geodatabase" in str(refused), refused
    else:
        raise AssertionError("a file geodatabase was written")


@task("FieldCalculator")
def field_calculator(gis):
    figures = reference("where")
    # Expressions are those of SQL as DuckDB computes them.
    numbers = lambda values: all(v is None or isinstance(v, (int, float)) for v in values)
    wanted = [(text, values) for text, values in figures["expressions"] if numbers(values) and "SEEN" not in text]
    assert len(wanted) >= 5
    table = layer([(point([7, 50]), row) for row in figures["rows"]], "Point")
    expressions = [{"field": {"name": f"new_{i}", "type": "Double"}, "expression": text} for i, (text, _) in enumerate(wanted)]
    found = gis._tools.featureanalysis.field_calculator(table, expressions, future=False)
    for i, (text, values) in enumerate(wanted):
        check(text, column(found, f"new_{i}"), values)


@task("FindCentroids")
def find_centroids(gis):
    figures = reference("centroids")["countries"]
    for feature, expected in zip(features(analysis.find_centroids(countries(), gis=gis)), figures, strict=True):
        check("name", feature.attributes["name"], expected["name"])
        check(expected["name"], [feature.geometry["x"], feature.geometry["y"]], expected["centre"])


@task("FindExistingLocations")
def find_existing_locations(gis):
    figures = reference("locations")
    layers = [countries(), places(), layer([(point(p), {}) for p in figures["places"]], "Point")]
    for expressions, expected in [figures["found"][i] for i in (0, 5, 10)]:
        found = analysis.find_existing_locations(layers, expressions, gis=gis)
        check(str(expressions), column(found, "i"), expected)


@task("FindHotSpots")
def find_hot_spots(gis):
    figures = reference("hot_spots")["countries"]["1500"]
    found = analysis.find_hot_spots(countries(), analysis_field="pop_est", distance_band=1500, distance_band_unit="Kilometers", gis=gis)
    check("z", column(one(found, "hot_spots_result_layer"), "GiZScore"), figures["z"])
    check("p", column(one(found, "hot_spots_result_layer"), "GiPValue"), figures["p"], 1e-8)
    check("bin", column(one(found, "hot_spots_result_layer"), "Gi_Bin"), figures["bin"])
    told = found.process_info if hasattr(found, "process_info") else found["process_info"]
    assert "177" in str(told), told
    # Hosted, the same. The client's own function drops the unit of cells, which its inner one has.
    inner = gis._tools.featureanalysis.find_hot_spots
    hosted = inner(countries(), "pop_est", distance_band=1500, distance_band_units="Kilometers", output_name="hot spots")
    check("hosted", column(hosted, "GiZScore"), figures["z"])
    incidents = layer([(point(p), {}) for p in reference("hot_spots")["incidents"]], "Point", 32633)
    cells = {"shape_type": "Fishnet", "cell_size": 700, "cell_size_unit": "Meters", "distance_band": 1.5, "distance_band_units": "Kilometers"}
    fishnet = reference("hot_spots")["fishnet"]
    found = one(inner(incidents, **cells), "hot_spots_result_layer")
    check("fishnet", column(found, "GiZScore"), fishnet["z"])
    check("counts", column(found, "Join_Count"), [count for *_, count in fishnet["cells"]])


@task("FindNearest")
def find_nearest(gis):
    figures = reference("nearest")
    points = layer([(point(p), {}) for p in figures["points"]], "Point")
    found = analysis.find_nearest(points, places(), max_count=5, search_cutoff_units="Meters", gis=gis)
    lines = found["connecting_lines_layer"]
    expected = [pair for five in figures["nearest"] for pair in five]
    check("nearest", column(lines, "To_ID"), [index + 1 for index, _ in expected])
    check("metres", column(lines, "Total_Meters"), [metres for _, metres in expected])
    assert len(features(found["nearest_layer"])) == len({index for index, _ in expected})
    hosted = analysis.find_nearest(points, places(), max_count=5, search_cutoff_units="Meters", output_name="nearest", gis=gis)
    check("hosted", sorted(len(layer.query().features) for layer in hosted.layers), sorted([len(expected), len({i for i, _ in expected})]))


@task("FindOutliers")
def find_outliers(gis):
    figures = reference("outliers")["countries"]
    north = []
    for geometry, attributes in data("countries"):
        top = max(place[1] for ring in geometry["rings"] for place in ring)
        north.append((geometry, attributes | {"north": -60.0 if attributes["name"] == "Germany" else round(top, 3)}))
    options = {"distance_band": 1500, "band_units": "Kilometers", "permutations": "Speed"}
    found = analysis.find_outliers(layer(north, "Polygon"), analysis_field="north", gis=gis, **options)
    result = one(found, "outliers_result_layer")
    check("index", column(result, "LMiIndex"), figures["index"])
    check("z", column(result, "LMiZScore"), figures["z"])
    check("neighbours", column(result, "NNeighbors"), figures["neighbours"])


@task("FindPointClusters")
def find_point_clusters(gis):
    figures = reference("clusters")["places"]
    for options, labels in [
        ({"search_distance": 600, "search_distance_unit": "Kilometers"}, figures["dbscan"]["labels"]),
        ({}, figures["hdbscan"]["labels"]),
    ]:
        ours = column(analysis.find_point_clusters(places(), 4, gis=gis, **options), "CLUSTER_ID")
        # The same places together and alone; where the order of the points decides, the reference has nothing.
        pairs = {(our, label) for our, label in zip(ours, labels, strict=True) if label is not None}
        assert len(pairs) == len({our for our, _ in pairs}) == len({label for _, label in pairs}) > 5, pairs
        assert (-1, -1) in pairs
    densest = rows(analysis.find_point_clusters(places(), 4, gis=gis))
    for name, key in [("PROB", "prob"), ("OUTLIER", "outlier"), ("EXEMPLAR", "exemplar"), ("STABILITY", "stability")]:
        settled = [(row[name] or 0.0, value) for row, value in zip(densest, figures["hdbscan"][key], strict=True) if value is not None]
        assert len(settled) > 80, f"{name}: {len(settled)}"
        check(name, *map(list, zip(*settled)))
    # On Enterprise the client's own function leaves `method` and times out; its toolbox, made from the task's description, has them.
    tools = gis._tools.featureanalysis

    def clusters(given, least, **options):
        options |= {"analysis_layer": tools._feature_input(given), "min_features_cluster": least, "gis": gis, "future": True}
        job = tools._tbx.find_point_clusters(**options)
        job._is_fa = True
        return rows(job.result())

    options = {"search_distance": 1500, "search_distance_unit": "Kilometers", "method": "OPTICS"}
    reached = clusters(places(), 5, **options)
    check("order", [row["REACHORDER"] for row in reached], figures["optics"]["order"])
    check("reach", [row["REACHDIST"] for row in reached], figures["optics"]["reach"])
    figures = reference("clusters")
    timed = [(point(row), {"when": round(row[2] * 3_600_000)}) for row in figures["points"]]
    options = {"search_distance": 600, "search_distance_unit": "Meters", "method": "DBSCAN"}
    options |= {"time_field": "when", "search_time_interval": 1, "search_time_unit": "Days"}
    timed = clusters(layer(timed, "Point", 32633), 8, **options)
    hours = [value and round(value * 3_600_000) for value in figures["dbscan_time"]["end"]]
    check("end", [row["END_TIME"] for row in timed], hours)


@task("FindSimilarLocations")
def find_similar_locations(gis):
    expected = reference("similar")[:20]
    models = ("Germany", "France")
    given, searched = (countries(lambda a, own=own: (a["name"] in models) == own) for own in (True, False))
    found = analysis.find_similar_locations(given, searched, analysis_fields=["pop_est", "letters"], number_of_results=20, gis=gis)
    result = one(found, "similar_result_layer")
    candidates = [row for row in rows(result) if row["simrank"] > 0]
    check("names", [row["name"] for row in candidates], [name for name, _ in expected])
    check("index", [row["simindex"] for row in candidates], [index for _, index in expected])


@task("GenerateTessellations")
def generate_tessellations(gis):
    figures = reference("tessellations")
    extent = {"xmin": 5e5, "ymin": 5e6, "xmax": 5e5 + 1000.5, "ymax": 5e6 + 750.25, "spatialReference": {"wkid": 32633}}
    for kind in ("SQUARE", "Hexagon", "TRIANGLE", "Diamond"):
        expected = figures["tiles"][kind.title()]
        options = {"bin_size": 0.1, "bin_size_unit": "Kilometers", "context": {"extent": dict(extent)}}
        tiles = features(analysis.generate_tessellation(bin_type=kind, gis=gis, **options))
        check(kind, len(tiles), expected["count"])
        check(kind, [area(tile) for tile in tiles], [expected["area"]] * len(tiles))
    west, south, east, north, resolution = figures["rectangles"][0]
    ring = [[west, south], [west, north], [east, north], [east, south], [west, south]]
    study = layer([(polygon([ring]), {})], "Polygon")
    found = analysis.generate_tessellation(study, bin_type="H3_HEXAGON", bin_resolution=resolution, gis=gis)
    check("H3", sorted(column(found, "GRID_ID")), figures["cells"][0])


@task("InterpolatePoints")
def interpolate_points(gis):
    figures = reference("interpolate")["few"][0]
    measured = layer([(point(row), {"level": row[2]}) for row in figures["points"]], "Point", 32633)
    asked = layer([(point(row), {"nr": i}) for i, row in enumerate(figures["places"])], "Point", 32633)
    # All fit in one local model of any option, whose predictions are the mixture of PyKrige's.
    for option in ("1", "5", "9"):
        options = {"interpolate_option": option, "output_prediction_error": option == "1", "predict_at_point_layer": asked}
        options |= {"classification_type": "Manual", "class_breaks": [18.0, 22.5, 25.0]}
        found = analysis.interpolate_points(measured, "level", gis=gis, **options)
        predicted = rows(one(found, "predicted_point_layer"))
        check("points", [row["nr"] for row in predicted], list(range(len(figures["places"]))))
        check(option, [row["StdError"] for row in predicted], [row[3] for row in figures["places"]], 1e-4)
        for row, (*_, mean, error) in zip(predicted, figures["places"]):
            assert abs(row["Predicted"] - mean) < 1e-4 * error, (option, row, mean)
        check("borders", column(one(found, "result_layer"), "Value_Max"), [18.0, 22.5, 25.0])
        if option == "1":
            assert len(features(one(found, "prediction_error"))) == 3
    hosted = analysis.interpolate_points(measured, "level", "1", num_classes=5, output_name="levels", gis=gis)
    assert len(features(hosted)) == 5


@task("JoinFeatures")
def join_features(gis):
    figures = reference("join")
    lands = layer([(geometry, {"j": attributes["i"]}) for geometry, attributes in data("countries")], "Polygon")
    found = analysis.join_features(places(), lands, spatial_relationship="completelywithin", join_operation="JoinOneToMany", gis=gis)
    check("within", [[row["i"], row["j"]] for row in rows(found)], figures["places_within_countries"])
    continents = layer([(None, {"part": name}) for name in figures["continents"]], None)
    relationship = [{"targetField": "part", "operator": "equal", "joinField": "continent"}]
    statistics = ["Count", "Sum", "Mean", "Min", "Max", "Stddev"]
    summary = [{"statisticType": statistic, "onStatisticField": "pop_est"} for statistic in statistics]
    found = analysis.join_features(continents, countries(), attribute_relationship=relationship, summary_fields=summary, gis=gis)
    for row in rows(found):
        names = [f"{statistic.lower()}_pop_est" for statistic in statistics]
        check(row["part"], [row[name] for name in names], figures["statistics"][row["part"]])


@task("MergeLayers")
def merge_layers(gis):
    # Nothing is computed: the numbers are those of pandas for each continent.
    figures = reference("join")["statistics"]
    south, north = ([(g, a) for g, a in data("countries") if a["continent"] == name] for name in ("Africa", "Europe"))
    south = [(g, {"people": a["pop_est"], "name": a["name"]}) for g, a in south]
    merged = rows(analysis.merge_layers(layer(north, "Polygon"), layer(south, "Polygon"), merging_attributes=["people Match pop_est"], gis=gis))
    check("count", len(merged), figures["Africa"][0] + figures["Europe"][0])
    check("sum", sum(row["pop_est"] for row in merged), figures["Africa"][1] + figures["Europe"][1])


@task("OverlayLayers")
def overlay_layers(gis):
    figures = reference("overlay")
    cells = layer([(polygon(cell["coordinates"]), {"k": i}) for i, cell in enumerate(figures["cells"])], "Polygon")
    for kind, name in [("Intersect", "polygons_polygons"), ("Erase", "polygons_erased")]:
        found = features(analysis.overlay_layers(countries(), cells, overlay_type=kind, gis=gis))
        expected = {tuple(figure[:-1]): figure[-1] for figure in figures[name]}
        for feature in found:
            row = feature.attributes
            key = (row["i"], row["k"]) if kind == "Intersect" else (row["i"],)
            check(f"{kind} {key}", area(feature), expected.pop(key, 0.0))
        assert not expected, f"{kind}: {expected} are missing"


@task("SummarizeCenterAndDispersion")
def summarize_center_and_dispersion(gis):
    figures = reference("centres")
    thefts = zip(figures["xy"], figures["weights"], figures["kinds"])
    thefts = [(point(xy), {"nr": i, "loss": loss, "kind": kind}) for i, (xy, loss, kind) in enumerate(thefts)]
    kinds = ["CentralFeature", "MeanCenter", "MedianCenter", "Ellipse"]
    options = {"summarize_type": kinds, "ellipse_size": "2 standard deviations", "weight_field": "loss"}
    found = analysis.summarize_center_and_dispersion(layer(thefts, "Point", 32633), gis=gis, **options)
    expected = figures["planar"]["weighted"]
    names = ("central_feature", "mean_center", "median_center", "ellipse")
    (central,), (mean,), (median,), (ellipse,) = (rows(one(found, f"{name}_result_layer")) for name in names)
    check("central", central["nr"], expected["central"])
    check("mean", [mean["XCoord"], mean["YCoord"]], expected["mean"])
    # The minimiser's last figure moves the place by a tenth of a millimetre.
    check("median", [median["XCoord"], median["YCoord"]], expected["median"], 1e-8)
    check("ellipse", [ellipse["XStdDist"], ellipse["YStdDist"]], [2 * expected["shorter"], 2 * expected["longer"]])
    check("rotation", ellipse["Rotation"], expected["rotation"])


@task("SummarizeNearby")
def summarize_nearby(gis):
    figures = reference("nearby")
    options = {"distances": [400, 1500], "units": "Kilometers", "summary_fields": all_of("letters"), "return_boundaries": False}
    found = analysis.summarize_nearby(places(), places(), gis=gis, **options)
    result = one(found, "result_layer")
    for row, expected in zip(rows(result), figures["points"], strict=True):
        check("count", row["Point_Count"], expected["count"])
        check_statistics("letters", row, "letters", expected["letters"])
    boxes = zip(figures["boxes"], figures["values"], figures["kinds"])
    boxes = layer([(polygon([ring]), {"value": value, "kind": kind}) for ring, value, kind in boxes], "Polygon", 32633)
    paths = layer([(line(path), {}) for path in figures["paths"]], "Polyline", 32633)
    options = {"distances": [250, 1000], "units": "Meters", "shape_units": "SquareMeters", "summary_fields": all_of("value"), "group_by_field": "kind"}
    found = analysis.summarize_nearby(paths, boxes, minority_majority=True, percent_shape=True, gis=gis, **options)
    groups = rows(found["group_by_summary"])
    for row, expected in zip(rows(found["result_layer"]), figures["areas"], strict=True):
        # Buffers are drawn by circles of other vertices.
        check("area", row["sum_Area_SquareMeters"], expected["area"], 1e-4)
        sizes = {group["kind"]: group["sum_Area_SquareMeters"] for group in groups if group["Join_ID"] == row["Join_ID"]}
        for kind, size in expected["groups"].items():
            check(kind, sizes[kind], size, 1e-3)


@task("SummarizeWithin")
def summarize_within(gis):
    figures = reference("within")
    options = {"summary_fields": all_of("letters"), "group_by_field": "", "minority_majority": False}
    found = analysis.summarize_within(countries(), places(), gis=gis, **options)
    result = one(found, "result_layer")
    for row, expected in zip(rows(result), figures["points"], strict=True):
        check(expected["name"], row["Point_Count"], expected["count"])
        check_statistics(expected["name"], row, "letters", expected["letters"])
    cells = layer([(polygon(cell), {}) for cell in figures["cells"]], "Polygon")
    options = {"shape_units": "SquareKilometers", "summary_fields": all_of("pop_est"), "group_by_field": "continent", "minority_majority": True}
    found = analysis.summarize_within(cells, countries(), percent_shape=True, gis=gis, **options)
    groups = rows(found["group_by_summary"])
    for row, expected in zip(rows(found["result_layer"]), figures["polygons"], strict=True):
        check("area", row["sum_Area_SquareKilometers"], expected["area"] / 1e6, 1e-7)
        sizes = {group["continent"]: group["sum_Area_SquareKilometers"] for group in groups if group["Join_ID"] == row["Join_ID"]}
        assert sizes.keys() == expected["continents"].keys()
        for continent, size in expected["continents"].items():
            check(continent, sizes[continent], size / 1e6, 1e-7)
        if sizes:
            check("majority", row["Majority_continent"], max(sizes, key=sizes.get))
    hosted = analysis.summarize_within(cells, countries(), output_name="within", gis=gis, **options)
    check("hosted", column(hosted, "Polygon_Count"), [cell["count"] for cell in figures["polygons"]])
    assert len(hosted.tables[0].query().features) == len(groups)
