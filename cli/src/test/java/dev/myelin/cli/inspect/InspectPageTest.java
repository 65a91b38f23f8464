package dev.myelin.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.Outcome;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.RandomModel;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code inspect --html} and {@code --histogram}. */
class InspectPageTest {
  private static final String EVIL = "</script><script>alert(1)</script>";
  private static final Pattern ELEMENT =
      Pattern.compile("<(script|style)([^>]*)>(.*?)</\\1>", Pattern.DOTALL);

  @TempDir Path folder;
  private Path model;
  private Path page;

  @BeforeEach
  void write() {
    model = RandomModel.small("llama").withType(GgmlType.Q4_0).write(folder.resolve("model.gguf"));
    page = folder.resolve("page.html");
  }

  private static String pageOf(Path model, Path page, Object... more) throws Exception {
    List<Object> args = new ArrayList<>(List.of(model, "--html", page));
    args.addAll(List.of(more));
    Outcome run = Outcome.of("inspect", args.toArray());
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith(page + ": page of ").hasLineCount(1);
    return Files.readString(page);
  }

  private static List<String> elements(String html, String name, String attributes) {
    return ELEMENT
        .matcher(html)
        .results()
        .filter(m -> m.group(1).equals(name) && m.group(2).equals(attributes))
        .map(m -> m.group(3))
        .toList();
  }

  private static JsonNode data(String html) throws Exception {
    List<String> data = elements(html, "script", " type=\"application/json\" id=\"data\"");
    assertThat(data).hasSize(1);
    return new ObjectMapper().readTree(data.getFirst());
  }

  @Test
  void pageHasEveryHistogram() throws Exception {
    String html = pageOf(model, page);
    JsonNode data = data(html);
    JsonNode listed =
        new ObjectMapper()
            .readTree(Outcome.of("inspect", model, "--json", "--tensors").out())
            .get("tensors");
    assertThat(data.get("tensors")).hasSameSizeAs(listed);
    for (int i = 0; i < listed.size(); i++) {
      JsonNode tensor = data.get("tensors").get(i);
      assertThat(tensor.get("name")).isEqualTo(listed.get(i).get("name"));
      long counted =
          tensor.at("/histogram/below").asLong() + tensor.at("/histogram/above").asLong();
      for (JsonNode bin : tensor.at("/histogram/bins")) {
        counted += bin.asLong();
      }
      assertThat(counted).isEqualTo(tensor.get("parameters").asLong());
    }
    // all numbers of the text output
    String text = Outcome.of("inspect", model).out();
    Matcher numbers = Pattern.compile("[\\d,.]*\\d").matcher(text.substring(text.indexOf("\n\n")));
    int compared = 0;
    while (numbers.find()) {
      assertThat(html).contains(numbers.group());
      compared++;
    }
    assertThat(compared).isGreaterThan(40);
  }

  @Test
  void pageLoadsNoResources() throws Exception {
    String html = pageOf(model, page);
    assertThat(html.replaceAll("(?s)<script>.*?</script>", ""))
        .doesNotContainPattern("(?i)<[^>]*\\s(src|href|srcset|action|data|style|on\\w+)\\s*=");
    assertThat(html).doesNotContainPattern("\\.(src|href|innerHTML|outerHTML)\\b|document\\.write");
    assertThat(html).doesNotContainPattern("(?i)@import|url\\(|<link|<iframe|<object|<img|<base");
    assertThat(html)
        .doesNotContainPattern(
            "fetch\\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\\(");
    Matcher policy =
        Pattern.compile("Content-Security-Policy\" content=\"([^\"]+)\"").matcher(html);
    assertThat(policy.find()).isTrue();
    assertThat(policy.group(1)).startsWith("default-src 'none'; base-uri 'none'");
    // only the page's own scripts and style are allowed
    List<String> scripts = elements(html, "script", "");
    assertThat(scripts).hasSize(2);
    List<String> allowed = new ArrayList<>();
    for (String element :
        Stream.concat(elements(html, "style", "").stream(), scripts.stream()).toList()) {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(element.getBytes(StandardCharsets.UTF_8));
      allowed.add("'sha256-" + Base64.getEncoder().encodeToString(hash) + "'");
    }
    assertThat(policy.group(1))
        .endsWith(
            "style-src "
                + allowed.get(0)
                + "; script-src "
                + allowed.get(1)
                + " "
                + allowed.get(2));
    assertThat(html).contains("d3-hierarchy", "Copyright 2010-2021 Mike Bostock");
    assertThat(html).contains("Permission to use, copy, modify, and/or distribute");
  }

  @Test
  void escapesNames() throws Exception {
    GgufWriter w =
        new GgufWriter()
            .put("general.architecture", "llama")
            .put("general.name", "<img src=x onerror=alert(2)> & \"quotes\" {{data}} '")
            .put("<b>key", EVIL)
            .put("llama.block_count", 1);
    for (String name :
        List.of(EVIL, "blk.0.<!--<script>", "\" onload=\"alert(3)", "\u2028\u0001")) {
      float[] values = {1, Float.NaN};
      w.tensor(name, GgmlType.F32, new long[] {2}, MemorySegment.ofArray(values));
    }
    Path evil = folder.resolve("evil.gguf");
    w.write(evil);
    String html = pageOf(evil, page);
    JsonNode tensors = data(html).get("tensors");
    assertThat(tensors.get(0).get("name").asText()).isEqualTo(EVIL);
    assertThat(tensors.get(0).at("/histogram/nan").asInt()).isEqualTo(1);
    // the page has its usual elements, and none from the file
    assertThat(html.split("(?i)<script", -1)).hasSize(4);
    assertThat(html.split("(?i)</script", -1)).hasSize(4);
    assertThat(html).doesNotContain("<img", "<!--", "<b>key");
    assertThat(html)
        .contains(
            "&lt;img src=x onerror=alert(2)&gt; &amp; &quot;quotes&quot; {{data}} &#39;</h1>");
    assertThat(html).contains("&lt;b&gt;key");
  }

  @Test
  void noHistogramsReadsNoValues() throws Exception {
    JsonNode data = data(pageOf(model, page, "--no-histograms"));
    assertThat(data.get("tensors")).isNotEmpty();
    data.get("tensors").forEach(t -> assertThat(t.has("histogram")).isFalse());
    Outcome wrong = Outcome.of("inspect", model, "--no-histograms");
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.err()).contains("--no-histograms: expected with --html OUT");
  }

  @Test
  void acceptsFileWithoutTensors() throws Exception {
    Path empty = folder.resolve("empty.gguf");
    new GgufWriter().put("odd", Float.NaN).write(empty);
    assertThat(data(pageOf(empty, page)).get("tensors")).isEmpty();
  }

  @Test
  void replacesOlderPage() throws Exception {
    Files.writeString(page, "old");
    assertThat(pageOf(model, page)).startsWith("<!DOCTYPE html>");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(model, page);
    }
  }

  @Test
  void reportsUnwritableOutput() throws Exception {
    byte[] before = Files.readAllBytes(model);
    failed(folder.resolve("none/page.html"), "none/page.html: cannot be written: no such folder");
    failed(folder, "this is a folder: expected a file to write");
    Path other = Files.copy(model, folder.resolve("other.gguf"));
    failed(other, "other.gguf: is a model: expected another output file");
    Files.delete(other);
    assertThat(Files.readAllBytes(model)).isEqualTo(before);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(model);
    }
  }

  @Test
  void reportsFullDisk() {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "skipped: no /dev/full here");
    failed(full, "/dev/full: cannot be written: no space left on device");
  }

  private void failed(Path out, String message) {
    Outcome run = Outcome.of("inspect", model, "--html", out);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasLineCount(1).contains(message);
  }

  @Test
  void printsHistograms() throws Exception {
    Outcome one = Outcome.of("inspect", model, "--histogram", "output_norm.weight");
    assertThat(one.status()).isZero();
    List<String> lines = one.out().lines().toList();
    assertThat(lines.get(0)).isEqualTo("output_norm.weight: f32, 256, 256 values");
    assertThat(lines.get(1))
        .matches(
            "min 0\\.\\d+, max 1\\.\\d+, mean (1\\.0|0\\.99)\\d+, stddev 0\\.\\d+, 0\\.0 %"
                + " zero");
    assertThat(lines).hasSize(2 + 16 + 1);
    assertThat(lines.stream().filter(l -> l.contains("#".repeat(50)))).isNotEmpty();
    assertThat(
            lines.subList(2, 18).stream()
                .mapToLong(l -> Long.parseLong(l.replaceAll(".* ", "")))
                .sum())
        .isEqualTo(256);

    String some = Outcome.of("inspect", model, "--histogram", "blk\\.1\\.attn_[qk]\\.").out();
    assertThat(some.lines().filter(l -> l.contains(": q4_0, 256 x ")))
        .extracting(l -> l.substring(0, l.indexOf(':')))
        .containsExactly("blk.1.attn_q.weight", "blk.1.attn_k.weight");

    Outcome json = Outcome.of("inspect", model, "--json", "--histogram", "attn_q");
    JsonNode root = new ObjectMapper().readTree(json.out());
    assertThat(root.get("histograms")).hasSize(3);
    JsonNode first = root.at("/histograms/0");
    assertThat(first.get("tensor").asText()).isEqualTo("blk.0.attn_q.weight");
    assertThat(first.get("values").asLong()).isEqualTo(256 * 256);
    assertThat(first.at("/histogram/bins")).hasSize(64);
    assertThat(first.at("/histogram/mean").asDouble()).isBetween(-0.01, 0.01);
    assertThat(first.at("/histogram/sampled").asBoolean()).isFalse();
  }

  @Test
  void reportsUnknownTensor() {
    Outcome near = Outcome.of("inspect", model, "--histogram", "blk.0.atn_q.weight");
    assertThat(near.status()).isEqualTo(1);
    assertThat(near.err())
        .contains("no tensor named blk.0.atn_q.weight: did you mean blk.0.attn_q.weight?")
        .hasLineCount(1);
    Outcome bad = Outcome.of("inspect", model, "--histogram", "attn_(q");
    assertThat(bad.status()).isEqualTo(2);
    assertThat(bad.err()).contains("--histogram attn_(q: not a regular expression").hasLineCount(1);
  }

  @Test
  void printsHistogramsOfNonFiniteValues() {
    GgufWriter w = new GgufWriter().put("general.architecture", "x");
    float[] odd = {Float.NaN, 1, 1, Float.POSITIVE_INFINITY};
    float[] none = {Float.NaN, Float.NaN};
    w.tensor("odd", GgmlType.F32, new long[] {4}, MemorySegment.ofArray(odd));
    w.tensor("none", GgmlType.F32, new long[] {2}, MemorySegment.ofArray(none));
    w.tensor("q8", GgmlType.Q8_K, new long[] {256}, MemorySegment.ofArray(new byte[292]));
    Path file = folder.resolve("odd.gguf");
    w.write(file);
    assertThat(Outcome.of("inspect", file, "--histogram", ".").out())
        .isEqualTo(
            """
            odd: f32, 4, 4 values
            min 1.000, max 1.000, mean 1.000, stddev 0, 0.0 % zero
            1 NaN, 1 infinite, not included below
            1.000  ##################################################  2
            1.000

            none: f32, 2, 2 values
            2 NaN, 0 infinite, not included below

            q8: q8_K, 256, 256 values
            ggml cannot dequantize this type
            """);
  }
}
