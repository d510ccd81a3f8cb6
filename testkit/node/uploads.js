// Foundry's own client of S3: node uploads.js CONFIG FILE, with the file that Foundry reads as `awsConfig` and something to
// upload. Every name leads to this machine. Prints what each attempt came to, as JSON.
"use strict";
const dns = require("node:dns");
dns.lookup = (name, options, answer) => {
  const done = typeof options === "function" ? options : answer;
  return options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
};
const fs = require("node:fs");
const crypto = require("node:crypto");
const s3 = require("@aws-sdk/client-s3");

const [config, file] = process.argv.slice(2);
const { buckets, ...rest } = JSON.parse(fs.readFileSync(config, "utf8"));
const client = new s3.S3Client({ ...rest, maxAttempts: 1 });
const Bucket = buckets[0];
// How each body was signed for.
const kinds = {};
client.middlewareStack.add(
  (next, context) => async (args) => {
    const kind = args.request.headers["x-amz-content-sha256"] ?? "none";
    kinds[context.commandName] = (kinds[context.commandName] ?? []).concat(kind.length === 64 ? "digest" : kind);
    return next(args);
  },
  { step: "finalizeRequest", priority: "low" },
);
const digest = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");
const read = async (Key) => Buffer.from(await (await client.send(new s3.GetObjectCommand({ Bucket, Key }))).Body.transformToByteArray());

async function main() {
  const ACL = "public-read";
  const bytes = fs.readFileSync(file);
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "js/whole.webp", Body: bytes, ContentType: "image/webp", ACL }));
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "js/stream (1).webp", Body: fs.createReadStream(file), ContentType: "image/webp", ACL }));
  const parts = new s3.CreateMultipartUploadCommand({ Bucket, Key: "js/parts.webp", ContentType: "image/webp", ACL });
  const { UploadId } = await client.send(parts);
  const Parts = [];
  for (const [at, Body] of [bytes.subarray(0, 5 << 20), bytes.subarray(5 << 20)].entries()) {
    const part = { Bucket, Key: "js/parts.webp", UploadId, PartNumber: at + 1 };
    const { ETag } = await client.send(new s3.UploadPartCommand({ ...part, Body }));
    Parts.push({ ETag, PartNumber: at + 1 });
  }
  await client.send(new s3.CompleteMultipartUploadCommand({ Bucket, Key: "js/parts.webp", UploadId, MultipartUpload: { Parts } }));
  const same = {};
  for (const key of ["js/whole.webp", "js/stream (1).webp", "js/parts.webp"]) {
    same[key] = digest(await read(key)) === digest(bytes);
  }
  const folders = await client.send(new s3.ListObjectsV2Command({ Bucket, Delimiter: "/" }));
  const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key: "js/whole.webp" }));
  await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "js/whole.webp" }));
  const gone = await client.send(new s3.HeadObjectCommand({ Bucket, Key: "js/whole.webp" })).catch((error) => error.name);
  const all = await client.send(new s3.ListBucketsCommand({})).catch((error) => error.name);
  const policy = await client.send(new s3.GetBucketPolicyCommand({ Bucket })).catch((error) => error.name);
  console.log(JSON.stringify({
    same, kinds, type: head.ContentType, gone, all, policy,
    folders: (folders.CommonPrefixes ?? []).map((folder) => folder.Prefix),
  }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
