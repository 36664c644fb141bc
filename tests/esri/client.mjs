// Esri's own JavaScript client (@esri/arcgis-rest-request) against the local service, unmodified.
//
//     node client.mjs PORTAL USERNAME PASSWORD
import assert from "node:assert/strict";
import { ApiKeyManager, ArcGISIdentityManager, Job, request } from "@esri/arcgis-rest-request";

const [portal, username, password] = process.argv.slice(2);
const rest = `${portal}/sharing/rest`;

const authentication = await ArcGISIdentityManager.signIn({ username, password, portal: rest });
assert.equal((await authentication.getUser()).username, username);
await assert.rejects(ArcGISIdentityManager.signIn({ username, password: "wrong", portal: rest }), /Unable to generate token/);
const { token } = await authentication.refreshCredentials();
const withKey = ApiKeyManager.fromKey(token);
const self = await request(`${rest}/portals/self`, { authentication });
const analysis = self.helperServices.analysis.url;
console.log("signed in");

const points = {
  layerDefinition: { geometryType: "esriGeometryPoint", fields: [{ name: "NAME", type: "esriFieldTypeString" }] },
  featureSet: {
    geometryType: "esriGeometryPoint",
    spatialReference: { wkid: 4326 },
    features: ["a", "b"].map((NAME, i) => ({ geometry: { x: 7 + i, y: 47 }, attributes: { NAME } })),
  },
};

async function buffers(params) {
  const job = await Job.submitJob({
    url: `${analysis}/CreateBuffers/submitJob`,
    params: { inputLayer: points, distances: [5], units: "Kilometers", ...params },
    authentication,
    pollingRate: 200,
  });
  return job.getResult("bufferLayer");
}

const travelling = await buffers({});
assert.equal(travelling.value.featureSet.features.length, 2);

const hosted = await buffers({ outputName: { serviceProperties: { name: "js_buffers" } } });
const layer = await request(hosted.value.url, { authentication });
assert.equal(layer.geometryType, "esriGeometryPolygon");
const query = (params) => request(`${hosted.value.url}/query`, { authentication, params });
assert.deepEqual(await query({ where: "1=1", returnCountOnly: true }), { count: 2 });
const features = await query({ where: "NAME = 'b'", outFields: ["NAME"], returnGeometry: false });
assert.deepEqual(features.features, [{ attributes: { NAME: "b" } }]);
const geojson = await request(`${hosted.value.url}/query`, { authentication, params: { where: "1=1", f: "geojson" } });
assert.equal(geojson.features[0].geometry.type, "Polygon");
const item = await request(`${rest}/content/items/${hosted.value.itemId}`, { authentication });
assert.equal(item.type, "Feature Service");

await assert.rejects(buffers({ distances: [-5] }));
console.log("ok");
