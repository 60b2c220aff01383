// Turning and mirroring pictures, and what is drawn on them. Points are fractions of a picture's width and height.

// An orientation is a 2x2 matrix of 0, 1 and -1 that maps a picture around its middle: [a, b, c, d] takes (x, y) to (ax+by, cx+dy).
const identity = [1, 0, 0, 1];
const quarter = [0, -1, 1, 0]; // clockwise, as y grows downwards
const mirrors = { none: identity, horizontal: [-1, 0, 0, 1], vertical: [1, 0, 0, -1], both: [-1, 0, 0, -1] };

const times = (m, n) => [m[0] * n[0] + m[1] * n[2], m[0] * n[1] + m[1] * n[3], m[2] * n[0] + m[3] * n[2], m[2] * n[1] + m[3] * n[3]];
const inverse = (m) => [m[0], m[2], m[1], m[3]]; // they are orthogonal

// orientation is what rotate and flip do, one after the other.
export function orientation(rotate, flip) {
  let m = identity;
  for (let turned = 0; turned < rotate; turned += 90) m = times(quarter, m);
  return times(mirrors[flip] || identity, m);
}

// between takes a picture that is upright by one orientation to another.
export const between = (from, to) => times(to, inverse(from));

export const swapsAxes = (m) => m[0] === 0;

export const point = (m, [x, y]) => [0.5 + m[0] * (x - 0.5) + m[1] * (y - 0.5), 0.5 + m[2] * (x - 0.5) + m[3] * (y - 0.5)];

export function region(m, r) {
  const [x0, y0] = point(m, [r.x, r.y]), [x1, y1] = point(m, [r.x + r.width, r.y + r.height]);
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}

export function polygon(m, flat) {
  const turned = [];
  for (let i = 0; i + 1 < flat.length; i += 2) turned.push(...point(m, [flat[i], flat[i + 1]]));
  return turned;
}

export const round = (x) => Math.min(1, Math.max(0, Math.round(x * 1000) / 1000));

// draw paints a picture on a canvas, turned by m.
export function draw(canvas, bitmap, m) {
  const swap = swapsAxes(m);
  const width = swap ? bitmap.height : bitmap.width, height = swap ? bitmap.width : bitmap.height;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const c = canvas.getContext("2d");
  c.setTransform(m[0], m[2], m[1], m[3], width / 2, height / 2);
  c.drawImage(bitmap, -bitmap.width / 2, -bitmap.height / 2);
}
