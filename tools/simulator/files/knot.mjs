// A torus knot as binary glTF 2.0. Its shape and its colour follow from a digest.

const [RINGS, SIDES, THICKNESS] = [160, 10, 0.4];
/** How often each knot goes around the torus and through it. */
const KNOTS = [[2, 3], [3, 2], [2, 5], [3, 4], [3, 5]];
const [ARRAY, INDICES] = [34_962, 34_963];
const [FLOAT, SHORT] = [5_126, 5_123];

/**
 * @param {Buffer} digest
 * @param {string} title written into the file, so that no two are equal
 * @returns {Buffer}
 */
export function knot(digest, title) {
  const { positions, normals } = tube(KNOTS[digest[1] % KNOTS.length]);
  const parts = [positions, normals, triangles()].map((array) => Buffer.from(array.buffer));
  const offset = (n) => parts.slice(0, n).reduce((sum, { length }) => sum + length, 0);
  const points = { componentType: FLOAT, count: RINGS * SIDES, type: "VEC3" };
  const colour = [0, 2.1, 4.2].map((shift) => 0.5 + 0.45 * Math.cos(digest[2] / 40 + shift));
  return binary({
    asset: { version: "2.0", extras: { title } },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, NORMAL: 1 }, indices: 2, material: 0 }] }],
    materials: [{ pbrMetallicRoughness:
      { baseColorFactor: [...colour, 1], metallicFactor: 0.2, roughnessFactor: 0.4 } }],
    accessors: [{ bufferView: 0, ...points, ...bounds(positions) }, { bufferView: 1, ...points },
      { bufferView: 2, componentType: SHORT, count: RINGS * SIDES * 6, type: "SCALAR" }],
    bufferViews: parts.map(({ length }, n) =>
      ({ buffer: 0, byteOffset: offset(n), byteLength: length, target: n < 2 ? ARRAY : INDICES })),
    buffers: [{ byteLength: offset(parts.length) }],
  }, Buffer.concat(parts));
}

/** Computes rings around the knot's line, each perpendicular to its direction. */
function tube([around, through]) {
  const line = (at) => [(2 + Math.cos(through * at)) * Math.cos(around * at),
    (2 + Math.cos(through * at)) * Math.sin(around * at), Math.sin(through * at)];
  const [positions, normals] = [[], []];
  for (let n = 0; n < RINGS * SIDES; n += 1) {
    const at = Math.floor(n / SIDES) / RINGS * 2 * Math.PI;
    const side = (n % SIDES) / SIDES * 2 * Math.PI;
    const [here, next] = [line(at), line(at + 0.01)];
    const across = unit(cross(minus(next, here), next));
    const up = unit(cross(across, minus(next, here)));
    const normal = here.map((_, i) => Math.cos(side) * up[i] + Math.sin(side) * across[i]);
    normals.push(...normal);
    positions.push(...here.map((value, i) => value + THICKNESS * normal[i]));
  }
  return { positions: new Float32Array(positions), normals: new Float32Array(normals) };
}

/** Computes two triangles for each square between neighbours, counterclockwise when seen from outside. */
function triangles() {
  const squares = Array.from({ length: RINGS * SIDES }, (_, n) => {
    const [ring, side] = [Math.floor(n / SIDES), n % SIDES];
    const corner = (r, s) => ((ring + r) % RINGS) * SIDES + ((side + s) % SIDES);
    return [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
  });
  return new Uint16Array(squares.flat());
}

const minus = (one, other) => one.map((value, i) => value - other[i]);
const cross = ([a, b, c], [x, y, z]) => [b * z - c * y, c * x - a * z, a * y - b * x];
const unit = (vector) => vector.map((value) => value / Math.hypot(...vector));

function bounds(positions) {
  const axis = (i) => positions.filter((_, n) => n % 3 === i);
  return { min: [0, 1, 2].map((i) => Math.min(...axis(i))), max: [0, 1, 2].map((i) => Math.max(...axis(i))) };
}

function binary(json, bytes) {
  const text = JSON.stringify(json);
  const chunks = [chunk("JSON", Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4))), chunk("BIN\0", bytes)];
  const head = Buffer.from("glTF\x02\0\0\0\0\0\0\0", "latin1");
  head.writeUInt32LE(chunks.reduce((sum, { length }) => sum + length, head.length), 8);
  return Buffer.concat([head, ...chunks]);
}

function chunk(type, bytes) {
  const head = Buffer.from(`\0\0\0\0${type}`, "latin1");
  head.writeUInt32LE(bytes.length);
  return Buffer.concat([head, bytes]);
}
