// Drives as many jobs as it can with @esri/arcgis-rest-request, and prints the columns of `examples/in_flight.rs`.
// Usage: IN_FLIGHT_PORTAL=URL node in_flight.mjs JOBS SECONDS; the package is looked for beside the working directory.
import { createRequire } from "node:module";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const home = require.resolve("@esri/arcgis-rest-request").replace(/dist[/\\].*$/, "");
const { ArcGISIdentityManager, Job, request } = await import(pathToFileURL(`${home}dist/esm/index.js`));

const [jobs, seconds] = [Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 60)];
const portal = `${process.env.IN_FLIGHT_PORTAL}/sharing/rest`;

// The package looks at jobs by `fetch`, which is counted here.
let polls = 0;
const fetched = globalThis.fetch;
globalThis.fetch = (url, ...more) => {
  polls += String(url).includes("/jobs/") ? 1 : 0;
  return fetched(url, ...more);
};
const kilobytes = (name) => Number(readFileSync("/proc/self/status", "utf8").match(new RegExp(`${name}:\\s+(\\d+)`))[1]);
const sockets = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;

const authentication = await ArcGISIdentityManager.signIn({ username: "ann", password: "pw", portal });
const self = await request(`${portal}/portals/self`, { authentication });
const url = `${self.helperServices.analysis.url}/CreateBuffers/submitJob`;
const point = { geometryType: "esriGeometryPoint", features: [{ geometry: { x: 7, y: 47 } }] };
const params = { inputLayer: { featureSet: point, layerDefinition: { geometryType: "esriGeometryPoint" } }, distances: [5] };

const before = kilobytes("VmRSS");
let [lost, most, held] = [0, 0, 0];
const began = Date.now();
// A failed look makes the package throw where nobody catches it.
process.on("unhandledRejection", () => (lost += 1));
try {
  for (let number = 0; number < jobs; number += 1) {
    const job = await Job.submitJob({ url, params, authentication });
    job.waitForCompletion().catch(() => (lost += 1));
    held += 1;
    if (number % 100 === 0) most = Math.max(most, sockets());
  }
} catch (error) {
  console.error(`after ${held} jobs: ${error.message}`);
}
const submitting = (Date.now() - began) / 1000;
const [cpu, first] = [process.cpuUsage(), polls];
const until = Date.now() + seconds * 1000;
while (Date.now() < until) {
  await new Promise((done) => setTimeout(done, 500));
  most = Math.max(most, sockets());
}
const used = process.cpuUsage(cpu);
const seen = polls - first;
const columns = [
  "arcgis-rest-js".padEnd(18),
  String(held).padStart(6),
  String(lost).padStart(6),
  ((kilobytes("VmHWM") - before) / held).toFixed(2).padStart(8),
  ((used.user + used.system) / Math.max(seen, 1)).toFixed(1).padStart(13),
  String(most).padStart(9),
  String(seen).padStart(8),
  submitting.toFixed(1).padStart(13),
];
console.log(columns.join(" "));
process.exit(0);
