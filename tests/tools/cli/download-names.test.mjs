// The names of downloaded files and their folders, made of what strangers wrote.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileNames, jobFolder, partName, partPrefix, safeName } from "../../../cli/download/names.mjs";

const RLO = "\u202e";

describe("a safe name", () => {
  const table = {
    "a plain one": ["video.mp4", "video.mp4"],
    "blanks and letters of any script": ["Katze im Schnee 猫.mp4", "Katze im Schnee 猫.mp4"],
    "a path": ["/etc/passwd", "_etc_passwd"],
    "a way up": ["../../../etc/passwd", "_._._etc_passwd"],
    "a way up on Windows": ["..\\..\\boot.ini", "_._boot.ini"],
    "two dots alone": ["..", "file"],
    "dots in the middle": ["a...b..mp4", "a.b.mp4"],
    "a drive": ["C:\\Windows\\x", "C__Windows_x"],
    "a stream of NTFS": ["a.mp4:evil.exe", "a.mp4_evil.exe"],
    "special characters": ['<>:"|?*a', "_______a"],
    "control characters": ["a\u0000\n\r\t\u001b[31mb\u007f\u0085.mp4", "a[31mb.mp4"],
    "a right-to-left override": [`photo${RLO}gpj.exe`, "photogpj.exe"],
    "zero-width characters": ["a\u200b\u200d\ufeffb", "ab"],
    "line separators": ["a\u2028b\u2029c", "abc"],
    "a hidden file": [".bashrc", "bashrc"],
    "dots and blanks at both ends": [" . a.mp4 . .", "a.mp4"],
    "a no-break space at the end": ["a.mp4\u00a0", "a.mp4"],
    "a dot that an invisible character hides": ["\u200b..a", "a"],
    "nothing": ["", "file"],
    "blanks": ["   ", "file"],
    "a device": ["CON", "_CON"],
    "a device with an extension": ["nul.tar.gz", "_nul.tar.gz"],
    "a device with a blank": ["com1 .mp4", "_com1 .mp4"],
    "a device with a superscript": ["LPT².txt", "_LPT².txt"],
    "almost a device": ["console.mp4", "console.mp4"],
    "half a surrogate pair": ["a\ud800b", "a\ufffdb"],
    "a decomposed letter": ["e\u0301.mp4", "\u00e9.mp4"],
  };
  for (const [what, [given, wanted]] of Object.entries(table)) test(what, () => assert.equal(safeName(given), wanted));

  test("has at most 255 bytes, and keeps its extension", () => {
    for (const [letter, size] of [["a", 1], ["é", 2], ["猫", 3], ["🐈", 4]]) {
      const name = safeName(`${letter.repeat(400)}.mp4`);
      assert.equal(name, `${letter.repeat(Math.floor(251 / size))}.mp4`);
      assert.ok(name.isWellFormed() && Buffer.byteLength(name) <= 255);
    }
    assert.equal(safeName("x".repeat(300)), "x".repeat(255));
    assert.equal(safeName(`a.${"x".repeat(300)}`), `a.${"x".repeat(253)}`, "an extension that is too long is cut too");
    assert.equal(safeName(`${"a".repeat(250)}. .mp4`), `${"a".repeat(250)}.mp4`, "a cut leaves no dot at the end");
  });

  test("stays as it is when it is made safe again", () => {
    for (const [given] of Object.values(table)) assert.equal(safeName(safeName(given)), safeName(given), given);
  });

  test("is one plain step of a path, whatever is given", () => {
    const pieces = ["/", "\\", "..", ".", " ", ":", "CON", "nul", "\u0000", RLO, "a", "é", "e\u0301", "🐈", "\ud800", "\n", "*", ".mp4", "x".repeat(120)];
    for (let seed = 1; seed <= 5_000; seed += 1) {
      let text = "";
      for (let rest = seed * 2_654_435_761; rest > 1; rest = Math.floor(rest / pieces.length)) text += pieces[rest % pieces.length];
      const name = safeName(text);
      assert.ok(!/[/\\<>:"|?*\p{Cc}\p{Cf}]|^[.\s]|[.\s]$|^$|^(con|nul)(\.|$)|\.\./iu.test(name), JSON.stringify([text, name]));
      assert.ok(Buffer.byteLength(name) <= 255 && name.isWellFormed());
    }
  });
});

describe("the names of a job's files", () => {
  const names = (...files) => fileNames(files.map((file, at) => ({ n: at, contentType: null, ...file })));

  test("begin with the file's number", () => {
    assert.deepEqual(names({ name: "a.mp4" }, { name: "a.mp4" }, { name: "../CON" }), ["0-a.mp4", "1-a.mp4", "2-_CON"]);
  });

  test("get the type's extension if they have none", () => {
    assert.deepEqual(names({ name: "3f2c", contentType: "video/mp4" }, { name: "3f2c", contentType: "x/constructor" }, { name: "a.b", contentType: "image/png" }),
      ["0-3f2c.mp4", "1-3f2c", "2-a.b"]);
    const [long] = names({ name: "x".repeat(300), contentType: "Video/MP4; codecs=avc1" });
    assert.equal(long, `0-${"x".repeat(249)}.mp4`);
  });

  test("are numbered where a file system takes them for equal", () => {
    assert.deepEqual(names(...["a.mp4", "A.MP4", "a-2.mp4", "\u00e9", "E\u0301", "stra\u00dfe", "STRASSE", "\ufb01x", "fix"].map((name) => ({ n: 7, name }))),
      ["7-a.mp4", "7-A-2.MP4", "7-a-2-2.mp4", "7-\u00e9", "7-\u00c9-2", "7-stra\u00dfe", "7-STRASSE-2", "7-\ufb01x", "7-fix-2"]);
    const long = names(...[1, 2].map(() => ({ n: 7, name: `${"x".repeat(300)}.mp4` })));
    assert.ok(long.every((name) => Buffer.byteLength(name) === 255) && long[1].endsWith("x-2.mp4"), String(long));
  });

  test("are the same in every run", () => {
    const files = ["b", "a", "A"].map((name) => ({ n: 1, name }));
    assert.deepEqual(names(...files), names(...files));
  });

  test("never begin as an unfinished file's name does", () => {
    const part = partName("0-a.mp4", "6d97e2eae6225124c1640680eeda6823");
    assert.match(part, /^\.0-[0-9a-f]{8}-[0-9a-f]{16}\.part$/);
    assert.ok(part.startsWith(partPrefix("0-a.mp4")));
    assert.notEqual(part, partName("0-a.mp4", "another"));
    assert.notEqual(partPrefix("0-a.mp4"), partPrefix("0-b.mp4"));
    assert.deepEqual(names({ name: part }), [`0-${part.slice(1)}`]);
    assert.ok(Buffer.byteLength(partName(`${"9".repeat(16)}-${"x".repeat(238)}`, "e")) <= 255);
  });
});

describe("the folder of a job", () => {
  test("is its id, if that is plain", () => {
    for (const id of ["437852", "rn5r12q9pdu6yvb3nxty", "0f9a3c1e-1111-2222-3333-444455556666", "a.b_c-d"]) assert.equal(jobFolder(id), id);
  });

  test("is a safe name, and another one for each id", () => {
    const ids = ["ref:order-7", "ref_order-7", "ref~3aorder-7", "a:b", "a_b", "a~3ab", "ABC", "abc", "Abc", "..", ".", "../x", "/x", "con", "CON", "nul.txt", "x.", "x",
      ".x", "", " ", `a${RLO}b`, "ab", "x".repeat(128), "X".repeat(300), `${"x".repeat(300)}y`, "a:b~0123456789"];
    const folders = ids.map(jobFolder);
    assert.equal(new Set(folders.map((folder) => folder.toLowerCase())).size, ids.length, String(folders));
    for (const folder of folders) {
      assert.equal(safeName(folder), folder);
      assert.match(folder, /^[^/\\:]{1,255}$/);
    }
    assert.match(jobFolder("ref:order-7"), /^ref_order-7~[0-9a-f]{10}$/);
  });
});
