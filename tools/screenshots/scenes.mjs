// Draws landscapes in a browser, so that no one owns rights in them. The same seed draws the same picture.

/** Runs in a page: draws landscape `seed` at `time` from 0 to 1, and returns it as a `data:` URI. */
export function draw({ seed, time = 0, width = 640, height = 400, type = "image/jpeg" }) {
  let state = seed * 7_919 + 17;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  for (let n = 0; n < 5; n += 1) random();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  // The sky from top to bottom, the hue of the hills, and whether there are stars.
  const moods = [
    [["#0f1b3d", "#3b2f6b", "#e2725b"], 262, true], [["#274b8f", "#86a8d9", "#fbd9b0"], 214, false],
    [["#2b1338", "#8d2f5e", "#f6a15b"], 322, true], [["#3f8fb5", "#a9d6dd", "#f6efd9"], 176, false],
    [["#0b1026", "#1d3557", "#457b9d"], 208, true], [["#5b6fb0", "#d3a6c3", "#fce0c5"], 246, false],
    [["#1a2a33", "#3c6e71", "#f0c987"], 168, true], [["#c96f4a", "#f2b880", "#fdf0d5"], 18, false],
  ];
  const [colours, hue, isNight] = moods[seed % moods.length];
  const sky = pen.createLinearGradient(0, 0, 0, height * 0.8);
  colours.forEach((colour, n) => sky.addColorStop(n / 2, colour));
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  for (let n = 0; isNight && n < 90; n += 1) {
    pen.fillStyle = `rgb(255 255 255 / ${random() * 0.8})`;
    pen.fillRect(random() * width, random() * height * 0.6, 1.6, 1.6);
  }
  const sun = [width * (0.2 + random() * 0.6), height * (0.24 + random() * 0.24) - time * 40];
  const glow = pen.createRadialGradient(...sun, 4, ...sun, height * 0.55);
  glow.addColorStop(0, "rgb(255 244 214 / 95%)");
  glow.addColorStop(0.09, "rgb(255 236 190 / 90%)");
  glow.addColorStop(0.1, "rgb(255 220 170 / 35%)");
  glow.addColorStop(1, "rgb(255 220 170 / 0%)");
  pen.fillStyle = glow;
  pen.fillRect(0, 0, width, height);
  const layers = 5;
  for (let layer = 0; layer < layers; layer += 1) {
    const [depth, base] = [layer / (layers - 1), height * (0.5 + layer * 0.105)];
    const waves = Array.from({ length: 6 }, (_, n) => [random() * 6.3, (n + 1) * (0.7 + random()), (46 - layer * 5) / (n + 1.2)]);
    pen.fillStyle = `hsl(${hue + layer * 3} ${26 + depth * 14}% ${(isNight ? 36 : 62) - depth * (isNight ? 28 : 46)}%)`;
    pen.beginPath();
    pen.moveTo(0, height);
    for (let x = 0; x <= width; x += 2) {
      const at = (x / width) * 3 + time * (0.15 + depth * 0.6);
      pen.lineTo(x, base + waves.reduce((sum, [from, often, high]) => sum + Math.sin(from + at * often) * high, 0) * 0.5);
    }
    pen.lineTo(width, height);
    pen.fill();
  }
  return canvas.toDataURL(type, 0.9);
}
