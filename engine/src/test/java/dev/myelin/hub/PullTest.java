package dev.myelin.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.CancelledException;
import dev.myelin.testing.TestHub;
import java.io.IOException;
import java.net.ProxySelector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a server on this machine that fails in all ways. */
@Timeout(60)
class PullTest {
  private static final int RANGE_BYTES = 100_000;
  private static final String NAME = "org/repo:Q4_K_M";
  private static final String FILE = "model-Q4_K_M.gguf";

  @TempDir Path folder;
  private final byte[] content = random(1_000_001, 1);
  private final TestHub server = new TestHub();

  @BeforeEach
  void addModel() {
    server.add("org/repo", FILE, content);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static byte[] random(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private HubSettings settings(String token) {
    return new HubSettings(
        folder.resolve("models"),
        server.uri(),
        server.uri(),
        Optional.ofNullable(token),
        false,
        ProxySelector.getDefault(),
        new HubSettings.Transfer(4, RANGE_BYTES, 3, Duration.ofMillis(5), Duration.ofSeconds(5)));
  }

  private Hub hub() {
    return Hub.of(settings(null));
  }

  private StoredModel pull(String name) {
    try (Pull pull = hub().pull(name)) {
      return pull.run(PullListener.NONE);
    }
  }

  private List<Path> parts() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(f -> f.toString().contains(".part")).toList();
    }
  }

  @Test
  void downloadsByRanges() throws Exception {
    StoredModel model = pull("org/repo");
    assertThat(model.path()).hasBinaryContent(content).hasFileName(FILE);
    assertThat(model.names()).containsExactly("org/repo:Q4_K_M", "org/repo");
    assertThat(model.revision()).isEqualTo(TestHub.COMMIT);
    assertThat(model.files().getFirst().sha256()).isEqualTo(TestHub.sha256(content));
    assertThat(parts()).isEmpty();
    assertThat(server.downloads()).hasSize(11).allMatch(r -> r.range() != null);
    assertThat(hub().find("org/repo")).contains(model.path());
    assertThat(hub().find("ORG/repo:q4_k_m")).contains(model.path());
    assertThat(hub().find("org/repo:Q8_0")).isEmpty();
    assertThat(pull("org/repo")).isEqualTo(model);
    assertThat(server.downloads()).hasSize(11);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 40_000, 99_999})
  void resumesAfterCuts(int cutAfter) {
    server.cuts.set(4);
    server.cutAfter = cutAfter;
    assertThat(pull(NAME).path()).hasBinaryContent(content);
  }

  @Test
  void keepsWhatItHasIfTheServerFails() throws Exception {
    server.cuts.set(1000);
    server.cutAfter = 0;
    AtomicInteger answers = new AtomicInteger();
    server.fault =
        exchange -> {
          if (exchange.getRequestURI().getPath().contains("/resolve/")
              && answers.incrementAndGet() > 3) {
            TestHub.answer(exchange, 503, "");
            return true;
          }
          server.cuts.set(0);
          return false;
        };
    assertThatThrownBy(() -> pull(NAME))
        .isInstanceOf(HubException.class)
        .hasMessageContaining("status 503; 300000 of 1000001 bytes are kept");
    assertThat(parts()).hasSize(2);
    assertThat(hub().unfinished()).containsExactly(NAME);
    assertThat(hub().list()).isEmpty();
    server.fault = exchange -> false;
    server.requests.clear();
    assertThat(pull(NAME).path()).hasBinaryContent(content);
    assertThat(server.downloads()).hasSize(8);
    assertThat(hub().unfinished()).isEmpty();
  }

  @Test
  void worksWithoutRanges() {
    server.ranges = false;
    server.cuts.set(2); // starts again
    server.cutAfter = 500_000;
    assertThat(pull(NAME).path()).hasBinaryContent(content);
    assertThat(server.downloads().getLast().range()).isNull();
  }

  @Test
  void sendsTheTokenToTheHubOnly() {
    server.redirects = true;
    try (Pull pull = Hub.of(settings("secret")).pull(NAME)) {
      assertThat(pull.run(PullListener.NONE).path()).hasBinaryContent(content);
    }
    assertThat(server.requests).anyMatch(r -> r.path().startsWith("/cdn"));
    for (TestHub.Request request : server.requests) {
      boolean isHub = request.host().startsWith("127.0.0.1");
      assertThat(request.token()).isEqualTo(isHub ? "Bearer secret" : null);
    }
    assertThat(settings("secret").toString()).doesNotContain("secret");
  }

  @Test
  void asksAgainWhereASignedAddressExpired() {
    server.redirects = true;
    AtomicInteger answers = new AtomicInteger();
    server.fault =
        exchange -> {
          boolean expired =
              exchange.getRequestURI().getPath().startsWith("/cdn")
                  && answers.incrementAndGet() % 5 == 0;
          if (expired) {
            TestHub.answer(exchange, 403, "");
          }
          return expired;
        };
    HubSettings single = settings(null);
    single = single.withTransfer(single.transfer().withConnections(1));
    try (Pull pull = Hub.of(single).pull(NAME)) {
      assertThat(pull.run(PullListener.NONE).path()).hasBinaryContent(content);
    }
    assertThat(server.requests).filteredOn(r -> r.path().contains("/cdn")).hasSize(13);
  }

  @Test
  void deletesAFileWithAWrongSum() throws Exception {
    server.listing = text -> text.replace(TestHub.sha256(content), "ab".repeat(32));
    assertThatThrownBy(() -> pull(NAME))
        .hasMessageContaining("has sha256:" + TestHub.sha256(content) + ", expected sha256:abab")
        .hasMessageEndingWith(": deleted");
    assertThat(parts()).isEmpty();
    assertThat(hub().find(NAME)).isEmpty();
  }

  @Test
  void verifiesFilesOfGit() {
    server.addPlain("org/small", "a.gguf", content);
    StoredModel model = pull("org/small");
    assertThat(model.name()).isEqualTo("org/small:a.gguf");
    assertThat(model.files().getFirst().sha256()).isEqualTo(TestHub.sha256(content));
    server.listing =
        text -> text.replaceAll("\"oid\":\"[0-9a-f]{40}", "\"oid\":\"" + "1".repeat(40));
    assertThatThrownBy(() -> pull("org/small")).hasMessageContaining("expected git:1111");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"size\":999999 | sends 1000001 bytes, expected 999999",
        "\"size\":1000002 | sends 1000001 bytes, expected 1000002",
        "\"size\":-5 | size -5: expected 1 to",
        "\"size\":9223372036854775807 | expected 1 to 8796093022208 bytes",
        "\"size\":99999999999999999999 | expected JSON",
        "\"size\":\"many\" | size -1: expected 1 to",
      })
  void rejectsSizesThatLie(String size, String message) {
    server.listing = text -> text.replace("\"size\":1000001", size);
    assertThatThrownBy(() -> pull(NAME))
        .isInstanceOf(HubException.class)
        .hasMessageContaining(message);
  }

  @Test
  void rejectsEndlessBodies() {
    server.ranges = false;
    server.fault =
        exchange -> {
          if (exchange.getRequestURI().getPath().contains("/resolve/")) {
            exchange.sendResponseHeaders(200, 0); // chunked
            byte[] piece = new byte[10_000];
            for (int i = 0; i < 10_000; i++) {
              exchange.getResponseBody().write(piece);
            }
            return true;
          }
          return false;
        };
    assertThatThrownBy(() -> pull(NAME))
        .hasMessageContaining("sends more than the stated 1000001 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../../evil-Q4_K_M.gguf",
        "/etc/evil-Q4_K_M.gguf",
        "a/../../evil-Q4_K_M.gguf",
        "..\\\\evil-Q4_K_M.gguf",
        "evil\\u0000-Q4_K_M.gguf",
        "C:evil-Q4_K_M.gguf",
        "a//Q4_K_M.gguf"
      })
  void refusesUnsafePaths(String path) throws Exception {
    server.listing =
        text -> "[{\"type\":\"file\",\"size\":5,\"path\":\"" + path + "\",\"oid\":\"x\"}]";
    assertThatThrownBy(() -> pull(NAME))
        .hasMessageStartingWith("file name '")
        .hasMessageContaining("refused");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void limitsNamesOfFiles() {
    String path = "x/" + "é ".repeat(200) + "-Q4_K_M.gguf";
    server.listing = text -> text.replace(FILE, path);
    try (Pull pull = hub().pull(NAME)) {
      assertThat(FileNames.local(pull.remote()).getFirst()).matches("[A-Za-z0-9_.-]{1,110}\\.gguf");
    }
    assertThat(FileNames.safe("con")).isEqualTo("model");
    assertThat(FileNames.safe("NUL.txt")).isEqualTo("model");
    assertThat(FileNames.safe("..")).isEqualTo("model");
    assertThat(FileNames.safe("-a/b")).isEqualTo("a_b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[[[[", "{}x", "", "not json"})
  void rejectsMalformedLists(String text) {
    server.listing = _ -> text;
    assertThatThrownBy(() -> pull(NAME))
        .hasMessageContaining("/tree/" + TestHub.COMMIT + ": expected JSON");
  }

  @Test
  void rejectsJsonBombs() {
    server.listing = _ -> "[".repeat(100_000);
    assertThatThrownBy(() -> pull(NAME)).hasMessageEndingWith("expected JSON");
    server.listing = _ -> "[\"" + "x".repeat(17 << 20) + "\"]";
    assertThatThrownBy(() -> pull(NAME)).hasMessageContaining("more than 16777216 bytes");
    server.listing = _ -> "{\"a\":1}";
    assertThatThrownBy(() -> pull(NAME)).hasMessageContaining("has no GGUF file");
  }

  @Test
  void followsPages() {
    server.fault =
        exchange -> {
          String query = String.valueOf(exchange.getRequestURI().getQuery());
          boolean isFirst = query.equals("recursive=true");
          if (isFirst) {
            exchange
                .getResponseHeaders()
                .set(
                    "Link",
                    "<" + server.uri() + exchange.getRequestURI() + "&cursor=x>; rel=\"next\"");
            TestHub.answer(exchange, 200, "[]");
          }
          return isFirst;
        };
    assertThat(pull(NAME).path()).hasBinaryContent(content);
    server.fault =
        exchange -> {
          boolean isTree = exchange.getRequestURI().getPath().contains("/tree/");
          if (isTree) {
            exchange.getResponseHeaders().set("Link", "<http://other.invalid/x>; rel=\"next\"");
            TestHub.answer(exchange, 200, "[]");
          }
          return isTree;
        };
    assertThatThrownBy(() -> pull(NAME)).hasMessageContaining("expected the same host");
  }

  @Test
  void limitsRedirects() {
    server.fault =
        exchange -> {
          boolean isFile = exchange.getRequestURI().getPath().contains("/resolve/");
          if (isFile) {
            exchange.getResponseHeaders().set("Location", exchange.getRequestURI() + "x");
            TestHub.answer(exchange, 307, "");
          }
          return isFile;
        };
    assertThatThrownBy(() -> pull(NAME)).hasMessageContaining("more than 8 redirects");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///etc/passwd",
        "",
        "http://",
        "gopher://x/",
        "http://a b/",
        "http://u:p@h/"
      })
  void refusesOtherRedirects(String location) {
    assertThatThrownBy(() -> Http.redirect(server.uri(), location))
        .hasMessageContaining("redirect");
    assertThatThrownBy(
            () ->
                Http.redirect(java.net.URI.create("https://hub.example/a"), "http://cdn.example/b"))
        .hasMessage("hub.example: redirect from https to http://cdn.example: refused");
  }

  @Test
  void waitsAsTheServerAsks() {
    AtomicInteger answers = new AtomicInteger();
    server.fault =
        exchange -> {
          if (answers.incrementAndGet() == 1) {
            exchange.getResponseHeaders().set("Retry-After", "1");
            TestHub.answer(exchange, 429, "");
            return true;
          }
          return false;
        };
    long start = System.nanoTime();
    pull(NAME);
    assertThat(System.nanoTime() - start).isGreaterThan(900_000_000L);
    server.fault =
        exchange -> {
          exchange.getResponseHeaders().set("Retry-After", "3600");
          TestHub.answer(exchange, 429, "");
          return true;
        };
    assertThatThrownBy(() -> pull(NAME))
        .hasMessageContaining("status 429: asks to come back in 60 minutes");
  }

  @Test
  void downloadsSplitFiles() {
    byte[] second = random(300_000, 2);
    server.add("org/split", "Q8_0/m-Q8_0-00001-of-00002.gguf", content);
    server.add("org/split", "Q8_0/m-Q8_0-00002-of-00002.gguf", second);
    StoredModel model = pull("org/split:q8_0");
    assertThat(model.name()).isEqualTo("org/split:Q8_0");
    assertThat(model.path()).hasBinaryContent(content).hasFileName("m-Q8_0-00001-of-00002.gguf");
    assertThat(model.files().getLast().path()).hasBinaryContent(second);
    server.add("org/lost", "m-00002-of-00003.gguf", content);
    server.add("org/lost", "m-00001-of-00003.gguf", content);
    assertThatThrownBy(() -> pull("org/lost"))
        .hasMessageContaining("m-00003-of-00003.gguf: this part is missing");
  }

  @Test
  void downloadsFromOllamaAndUrls() {
    server.addOllama("library/llama3.2", "1b", content);
    StoredModel model = pull("llama3.2:1b");
    assertThat(model.name()).isEqualTo("llama3.2:1b");
    assertThat(model.path()).hasBinaryContent(content).hasFileName("llama3.2-1b.gguf");
    assertThat(hub().find("ollama://library/llama3.2:1b")).contains(model.path());
    assertThatThrownBy(() -> pull("llama3.2")).hasMessageContaining("not found");
    String url = server.uri() + "/org/repo/resolve/main/" + FILE;
    server.sendsLinkedEtag = true;
    server.etag = "\"v1\"";
    StoredModel same = pull(url);
    assertThat(same.path()).isEqualTo(model.path()); // the content is stored once
    assertThat(hub().remove("llama3.2:1b")).isTrue();
    assertThat(same.path()).exists();
    assertThat(hub().remove(url)).isTrue();
    assertThat(same.path().getParent()).doesNotExist();
  }

  @Test
  void resumesAUrlOnlyIfItIsTheSameVersion() {
    String url = server.uri() + "/org/repo/resolve/main/" + FILE;
    server.etag = "\"v1\"";
    interruptAfter(url, 350_000);
    server.requests.clear();
    assertThat(pull(url).path()).hasBinaryContent(content);
    assertThat(server.downloads()).hasSizeLessThan(11).anyMatch(r -> "\"v1\"".equals(r.ifRange()));
    hub().remove(url);
    interruptAfter(url, 350_000);
    byte[] newer = random(1_000_001, 3);
    server.add("org/repo", FILE, newer);
    server.etag = "\"v2\"";
    assertThat(pull(url).path()).hasBinaryContent(newer);
  }

  private void interruptAfter(String name, long bytes) {
    server.delayMillis = 5;
    try (Pull pull = hub().pull(name)) {
      PullListener listener =
          new PullListener() {
            @Override
            public void downloaded(long done, long total) {
              if (done > bytes) {
                pull.cancel();
              }
            }
          };
      assertThatThrownBy(() -> pull.run(listener))
          .isInstanceOf(CancelledException.class)
          .hasMessageContaining("bytes are kept");
    }
    server.delayMillis = 0;
  }

  @Test
  void cancelsWhileTheServerSleeps() {
    server.fault =
        exchange -> {
          if (exchange.getRequestURI().getPath().contains("/resolve/")) {
            try {
              Thread.sleep(20_000);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          return false;
        };
    try (Pull pull = hub().pull(NAME)) {
      pull.remote();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  Thread.sleep(200);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                pull.cancel();
              });
      assertThatThrownBy(() -> pull.run(PullListener.NONE)).isInstanceOf(CancelledException.class);
    }
  }

  @Test
  void closesSilentConnections() {
    AtomicInteger answers = new AtomicInteger();
    HubSettings fast =
        settings(null)
            .withTransfer(
                new HubSettings.Transfer(
                    2, RANGE_BYTES, 3, Duration.ofMillis(5), Duration.ofMillis(300)));
    server.fault =
        exchange -> {
          if (exchange.getRequestURI().getPath().contains("/resolve/")
              && answers.incrementAndGet() == 2) {
            server.delayMillis = 2000;
          } else {
            server.delayMillis = 0;
          }
          return false;
        };
    try (Pull pull = Hub.of(fast).pull(NAME)) {
      assertThat(pull.run(PullListener.NONE).path()).hasBinaryContent(content);
    }
  }

  @Test
  void twoPullsShareOneDownload() throws Exception {
    server.delayMillis = 2;
    AtomicInteger waited = new AtomicInteger();
    PullListener listener =
        new PullListener() {
          @Override
          public void waiting() {
            waited.incrementAndGet();
          }
        };
    List<Thread> threads =
        Stream.generate(
                () ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              try (Pull pull = hub().pull(NAME)) {
                                pull.run(listener);
                              }
                            }))
            .limit(3)
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(waited).hasValue(2);
    assertThat(server.downloads()).hasSize(11);
    assertThat(hub().find(NAME).orElseThrow()).hasBinaryContent(content);
  }

  @Test
  void replacesAnOlderVersion() {
    StoredModel older = pull("org/repo");
    byte[] newer = random(200_000, 5);
    server.add("org/repo", FILE, newer);
    StoredModel model = pull("org/repo");
    assertThat(model.path()).hasBinaryContent(newer);
    assertThat(older.path()).doesNotExist();
    assertThat(hub().list()).containsExactly(model);
  }

  @Test
  void explainsErrors() {
    assertThatThrownBy(() -> pull("org/nothing"))
        .hasMessage("org/nothing: 127.0.0.1: not found, or private: a token goes into HF_TOKEN");
    assertThatThrownBy(() -> pull("org/repo:Q2_K"))
        .hasMessage("org/repo:Q2_K: no such file or quantization: the repository has " + FILE);
    assertThatThrownBy(() -> Hub.of(settings(null).withOffline(true)).pull(NAME).remote())
        .hasMessage("127.0.0.1: not asked, since --offline or HF_HUB_OFFLINE is set");
    server.close();
    assertThatThrownBy(() -> pull(NAME)).hasMessageStartingWith("127.0.0.1: cannot connect");
  }
}
