import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { openTestJob, refusal } from "../harness.ts";
import { branchOff, commitFile, type Context } from "./context.ts";

type Release = Awaited<ReturnType<Context["octokit"]["repos"]["getRelease"]>>["data"];

async function draft({ octokit, owner, repo }: Context, tag: string): Promise<Release> {
  const { data } = await octokit.repos.createRelease({
    owner,
    repo,
    tag_name: tag,
    name: tag,
    draft: true,
  });
  return data;
}

async function upload(
  { octokit }: Context,
  release: Release,
  file: { readonly name: string; readonly bytes: Uint8Array },
): Promise<Release["assets"][number]> {
  const { data } = await octokit.request({
    method: "POST",
    url: release.upload_url,
    name: file.name,
    data: Buffer.from(file.bytes),
    headers: { "content-type": "application/octet-stream", "content-length": file.bytes.length },
  });
  return data as Release["assets"][number];
}

/** Releases and their files. */
export function describeReleases(context: () => Context): void {
  describe("releases", () => {
    it("go from draft over upload and digest to published, without becoming the latest", async () => {
      const { octokit, owner, repo, connect } = context();
      const bytes = randomBytes(300_000);
      const release = await draft(context(), "rain@v1.0.0");
      expect(
        (await refusal(octokit.git.getRef({ owner, repo, ref: "tags/rain@v1.0.0" }))).status,
      ).toBe(404);
      const byTag = { owner, repo, tag: "rain@v1.0.0" };
      expect((await refusal(octokit.repos.getReleaseByTag(byTag))).status).toBe(404);
      const strange = await refusal(
        connect("").repos.getRelease({ owner, repo, release_id: release.id }),
      );
      expect(strange.status).toBe(404);
      const asset = await upload(context(), release, { name: "model file.onnx", bytes });
      expect(asset).toMatchObject({
        name: "model.file.onnx",
        size: 300_000,
        state: "uploaded",
        digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
      });
      const published = await octokit.repos.updateRelease({
        owner,
        repo,
        release_id: release.id,
        draft: false,
        make_latest: "false",
      });
      expect(published.data).toMatchObject({ draft: false, tag_name: "rain@v1.0.0" });
      expect((await refusal(octokit.repos.getLatestRelease({ owner, repo }))).status).toBe(404);
      const tag = await octokit.git.getRef({ owner, repo, ref: "tags/rain@v1.0.0" });
      expect(tag.data.object.type).toBe("commit");
      expect((await octokit.repos.getReleaseByTag(byTag)).data.id).toBe(release.id);
      const download = await octokit.repos.getReleaseAsset({
        owner,
        repo,
        asset_id: asset.id,
        headers: { accept: "application/octet-stream" },
      });
      expect(Buffer.from(download.data as unknown as ArrayBuffer)).toEqual(bytes);
      const link = asset.browser_download_url.replace("github.localhost", "127.0.0.1");
      const page = link.replace(/untagged-\w+/, encodeURIComponent("rain@v1.0.0"));
      expect(Buffer.from(await (await fetch(page)).arrayBuffer())).toEqual(bytes);
    });

    it("keep a tag object that is there already", async () => {
      const { octokit, owner, repo } = context();
      const main = await octokit.git.getRef({ owner, repo, ref: "heads/main" });
      const tag = await octokit.git.createTag({
        owner,
        repo,
        tag: "rain@v2.0.0",
        message: "two",
        object: main.data.object.sha,
        type: "commit",
      });
      await octokit.git.createRef({ owner, repo, ref: "refs/tags/rain@v2.0.0", sha: tag.data.sha });
      await octokit.repos.createRelease({ owner, repo, tag_name: "rain@v2.0.0" });
      const ref = await octokit.git.getRef({ owner, repo, ref: "tags/rain@v2.0.0" });
      expect(ref.data.object).toMatchObject({ type: "tag", sha: tag.data.sha });
      expect((await octokit.repos.getLatestRelease({ owner, repo })).data.tag_name).toBe(
        "rain@v2.0.0",
      );
      const again = await refusal(
        octokit.repos.createRelease({ owner, repo, tag_name: "rain@v2.0.0" }),
      );
      expect(again.errors).toMatchObject([{ code: "already_exists", field: "tag_name" }]);
    });

    it("may exist as drafts twice for one tag, and be listed by page", async () => {
      const { octokit, owner, repo } = context();
      const [one, two] = [
        await draft(context(), "twice@v1.0.0"),
        await draft(context(), "twice@v1.0.0"),
      ];
      const listed = await octokit.repos.listReleases({ owner, repo, per_page: 2 });
      expect(listed.data.map(({ id }) => id)).toEqual([two.id, one.id]);
      expect(listed.headers.link).toContain('rel="last"');
      await octokit.repos.deleteRelease({ owner, repo, release_id: two.id });
      const read = await octokit.repos.getRelease({ owner, repo, release_id: one.id });
      expect(read.data.draft).toBe(true);
    });

    it("refuse a second file of one name", async () => {
      const { octokit, owner, repo } = context();
      const release = await draft(context(), "names@v1.0.0");
      const bytes = Buffer.from("one");
      const asset = await upload(context(), release, { name: "a.txt", bytes });
      const again = await refusal(upload(context(), release, { name: "a.txt", bytes }));
      expect(again).toMatchObject({
        status: 422,
        errors: [{ code: "already_exists", field: "name" }],
      });
      const renamed = await octokit.repos.updateReleaseAsset({
        owner,
        repo,
        asset_id: asset.id,
        name: "b.txt",
        label: "B",
      });
      expect(renamed.data).toMatchObject({ name: "b.txt", label: "B" });
      const listed = await octokit.repos.listReleaseAssets({ owner, repo, release_id: release.id });
      expect(listed.data.map(({ name }) => name)).toEqual(["b.txt"]);
      await octokit.repos.deleteReleaseAsset({ owner, repo, asset_id: asset.id });
      await upload(context(), release, { name: "a.txt", bytes });
    });

    it("keep a starter where an upload broke off, until it is deleted", async () => {
      const { octokit, owner, repo, service } = context();
      const release = await draft(context(), "broken@v1.0.0");
      const target = new URL(release.upload_url.replace(/\{.*/, "?name=half.bin"));
      await new Promise<void>((resolve) => {
        const headers = {
          authorization: `Bearer ${service.adminToken}`,
          "content-type": "application/octet-stream",
          "content-length": 1_000_000,
        };
        const broken = request(target, { method: "POST", headers });
        broken.once("error", () => resolve());
        broken.write(Buffer.alloc(100_000), () => setTimeout(() => broken.destroy(), 50));
      });
      await expect
        .poll(async () => (await listPlainAssets(context(), release.id)).map(({ name }) => name))
        .toContain("half.bin");
      const assets = await listPlainAssets(context(), release.id);
      const starter = assets.find(({ name }) => name === "half.bin");
      expect(starter).toMatchObject({ state: "starter", size: 0 });
      await octokit.repos.deleteReleaseAsset({ owner, repo, asset_id: starter?.id ?? 0 });
      const whole = await upload(context(), release, {
        name: "half.bin",
        bytes: Buffer.from("whole"),
      });
      expect(whole.state).toBe("uploaded");
    });

    it("are closed for good once published where the repository says so", async () => {
      const { octokit, owner, repo } = context();
      await octokit.repos.enableImmutableReleases({ owner, repo });
      const release = await draft(context(), "frozen@v1.0.0");
      const asset = await upload(context(), release, { name: "a.txt", bytes: Buffer.from("a") });
      const change = { owner, repo, release_id: release.id };
      const { data } = await octokit.repos.updateRelease({ ...change, draft: false });
      expect(data.immutable).toBe(true);
      await octokit.repos.disableImmutableReleases({ owner, repo });
      const late = upload(context(), data, { name: "b.txt", bytes: Buffer.from("b") });
      expect((await refusal(late)).status).toBe(422);
      const removal = octokit.repos.deleteReleaseAsset({ owner, repo, asset_id: asset.id });
      expect((await refusal(removal)).status).toBe(422);
      const tag = { owner, repo, ref: "tags/frozen@v1.0.0" };
      expect((await refusal(octokit.git.deleteRef(tag))).status).toBe(422);
      await octokit.repos.updateRelease({ ...change, name: "renamed", body: "still editable" });
      await octokit.repos.deleteRelease(change);
      await octokit.git.deleteRef(tag);
      const sha = await branchOff(context(), "after-frozen");
      const burned = octokit.git.createRef({ owner, repo, ref: "refs/tags/frozen@v1.0.0", sha });
      expect((await refusal(burned)).status).toBe(422);
    });

    it("need contents: write", async () => {
      const { service, owner, repo, connect } = context();
      await commitFile(context(), { path: "r.txt", text: "r" });
      const reader = connect(openTestJob(service, `${owner}/${repo}`).githubToken);
      const refused = await refusal(
        reader.repos.createRelease({ owner, repo, tag_name: "x@v1.0.0" }),
      );
      expect(refused.status).toBe(403);
    });
  });
}

// GitHub's description knows no state `starter`, though GitHub answers it.
async function listPlainAssets(
  { service, owner, repo }: Context,
  releaseId: number,
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  const url = `${service.url}/repos/${owner}/${repo}/releases/${releaseId}/assets`;
  const headers = { authorization: `Bearer ${service.adminToken}` };
  const response = await fetch(url, { headers });
  return (await response.json()) as readonly { readonly id: number; readonly name: string }[];
}
