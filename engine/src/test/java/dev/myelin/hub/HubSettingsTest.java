package dev.myelin.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.testing.TestHub;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Environment variables, names, proxies. */
class HubSettingsTest {
  @Test
  void readsEnvironment() {
    HubSettings settings = HubSettings.of(Map.of("HOME", "/home/me"));
    assertThat(settings.folder()).isEqualTo(Path.of("/home/me/.cache/myelin/models"));
    assertThat(settings.endpoint()).isEqualTo(HubSettings.HUGGING_FACE);
    assertThat(settings.offline()).isFalse();
    settings =
        HubSettings.of(
            Map.of(
                "XDG_CACHE_HOME", "/cache",
                "HF_ENDPOINT", "https://mirror.example/hf/",
                "HF_HUB_OFFLINE", "1",
                "HF_TOKEN", " hf_x\n"));
    assertThat(settings.folder()).isEqualTo(Path.of("/cache/myelin/models"));
    assertThat(settings.endpoint()).isEqualTo(URI.create("https://mirror.example/hf"));
    assertThat(settings.token()).contains("hf_x");
    assertThat(settings.offline()).isTrue();
    settings =
        HubSettings.of(
            Map.of(
                "MYELIN_MODELS", "/m",
                "HF_ENDPOINT", "https://a.example",
                "MYELIN_ENDPOINT", "https://b.example"));
    assertThat(settings.folder()).isEqualTo(Path.of("/m"));
    assertThat(settings.endpoint()).isEqualTo(URI.create("https://b.example"));
  }

  @ParameterizedTest
  @CsvSource({
    "HF_ENDPOINT, ftp://x, HF_ENDPOINT=ftp://x: expected an address",
    "MYELIN_ENDPOINT, nonsense, MYELIN_ENDPOINT=nonsense: expected an address",
    "HF_TOKEN, a b, HF_TOKEN: expected printable ASCII without spaces",
    "HTTPS_PROXY, socks5://x:1, HTTPS_PROXY: expected http://HOST:PORT",
  })
  void rejectsWrongValues(String name, String value, String message) {
    assertThatThrownBy(() -> HubSettings.of(Map.of("HOME", "/", name, value)))
        .isInstanceOf(HubException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @CsvSource({
    "org/repo, HUB, org/repo, ''",
    "org/repo:Q4_K_M, HUB, org/repo, Q4_K_M",
    "org/repo:sub/file-Q8_0.gguf, HUB, org/repo, sub/file-Q8_0.gguf",
    "hf.co/org/repo:Q8_0, HUB, org/repo, Q8_0",
    "https://huggingface.co/org/repo, HUB, org/repo, ''",
    "llama3.2:1b, OLLAMA, library/llama3.2, 1b",
    "ollama://me/mine, OLLAMA, me/mine, latest",
    "ollama://registry.example:5000/me/mine:x, OLLAMA, me/mine, x",
    "https://huggingface.co/o/r/blob/main/a.gguf, URL,"
        + " https://huggingface.co/o/r/resolve/main/a.gguf, ''",
    "https://h.example/a.gguf?download=true, URL, https://h.example/a.gguf?download=true, ''",
  })
  void parsesNames(String text, ModelName.Source source, String id, String tag) {
    ModelName name = ModelName.parse(text).orElseThrow();
    assertThat(name.source()).isEqualTo(source);
    assertThat(name.id()).isEqualTo(id);
    assertThat(name.tag()).isEqualTo(tag);
    assertThat(ModelName.parse(name.toString())).contains(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "word",
        "",
        "a/b/c",
        "../b",
        "a/..",
        "a/b:../c",
        "org/re po",
        "org/repo:",
        "ftp://x/y",
        "https://",
        "https://user:pass@h/x.gguf",
        "/a/b",
        "a\0/b",
        "org/a..b",
        "~/x"
      })
  void leavesOtherTexts(String text) {
    assertThat(ModelName.parse(text)).isEmpty();
  }

  @Test
  void choosesProxies() {
    ProxySelector proxies =
        EnvironmentProxies.of(
            Map.of(
                "https_proxy", "http://u:p@proxy.example:3128",
                "HTTP_PROXY", "plain.example:8080",
                "NO_PROXY", "localhost, .internal.example,direct.example"));
    assertThat(proxies.select(URI.create("https://hub.example/")))
        .containsExactly(proxy("proxy.example", 3128));
    assertThat(proxies.select(URI.create("http://hub.example/")))
        .containsExactly(proxy("plain.example", 8080));
    for (String host :
        new String[] {"localhost", "a.internal.example", "direct.example", "x.direct.example"}) {
      assertThat(proxies.select(URI.create("https://" + host + "/")))
          .containsExactly(Proxy.NO_PROXY);
    }
    assertThat(((EnvironmentProxies) proxies).credentials("https")).isEqualTo("u:p");
    assertThat(EnvironmentProxies.of(Map.of())).isSameAs(ProxySelector.getDefault());
  }

  private static Proxy proxy(String host, int port) {
    return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(host, port));
  }

  @Test
  void downloadsThroughAProxy(@TempDir Path folder) {
    try (TestHub server = new TestHub()) {
      byte[] content = {1, 2, 3, 4, 5};
      server.add("org/repo", "a-Q4_K_M.gguf", content);
      HubSettings settings =
          HubSettings.of(
              Map.of(
                  "MYELIN_MODELS",
                  folder.toString(),
                  "MYELIN_ENDPOINT",
                  "http://hub.invalid",
                  "HTTP_PROXY",
                  "http://127.0.0.1:" + server.port()));
      try (Pull pull = Hub.of(settings).pull("org/repo")) {
        assertThat(pull.run(PullListener.NONE).path()).hasBinaryContent(content);
      }
      assertThat(server.requests).allMatch(r -> r.host().equals("hub.invalid"));
    }
  }

  @Test
  void sendsNoTokenOverHttp(@TempDir Path folder) {
    HubSettings settings =
        HubSettings.of(
            Map.of(
                "MYELIN_MODELS", folder.toString(),
                "MYELIN_ENDPOINT", "http://hub.example",
                "HF_TOKEN", "secret"));
    try (Pull pull = Hub.of(settings).pull("org/repo")) {
      assertThatThrownBy(pull::remote)
          .hasMessage("http://hub.example: HF_TOKEN is sent over https only");
    }
  }

  @Test
  void readsRetryAfter() {
    ZonedDateTime now = ZonedDateTime.of(2026, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);
    assertThat(Retries.retryAfter(Optional.of("7"), now)).isEqualTo(Duration.ofSeconds(7));
    assertThat(Retries.retryAfter(Optional.of("Thu, 01 Jan 2026 00:01:00 GMT"), now))
        .isEqualTo(Duration.ofMinutes(1));
    assertThat(Retries.retryAfter(Optional.of("soon"), now)).isZero();
  }

  @Test
  void keepsAliases(@TempDir Path folder) throws Exception {
    Hub hub = Hub.of(HubSettings.of(Map.of("MYELIN_MODELS", folder.resolve("m").toString())));
    Path file = java.nio.file.Files.writeString(folder.resolve("x.gguf"), "GGUF");
    hub.setAlias("mine", file.toString());
    hub.setAlias("small", "org/repo");
    assertThat(hub.aliases()).containsOnlyKeys("mine", "small");
    assertThat(hub.find("mine")).contains(file);
    assertThat(hub.find("small")).isEmpty();
    assertThat(hub.remove("mine")).isTrue();
    assertThat(hub.remove("mine")).isFalse();
    assertThat(file).exists();
    assertThatThrownBy(() -> hub.setAlias("a/b", "org/repo")).hasMessageContaining("alias 'a/b'");
    assertThatThrownBy(() -> hub.setAlias("ok", "not a name"))
        .hasMessageContaining("expected the name");
  }
}
