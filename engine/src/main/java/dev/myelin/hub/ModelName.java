package dev.myelin.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A model as a user names it. Immutable and thread-safe.
 *
 * @param source where it is
 * @param id {@code org/repo}, {@code namespace/name} of an Ollama registry, or a URL
 * @param tag for a hub the quantization or a file name, empty for the default; for a registry its
 *     tag; empty for a URL
 * @param host of an Ollama registry, empty for the configured one
 */
public record ModelName(Source source, String id, String tag, String host) {
  /** Where a model is. */
  public enum Source {
    HUB,
    OLLAMA,
    URL
  }

  private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
  private static final String TAG = "[A-Za-z0-9_][A-Za-z0-9._/-]{0,200}";
  private static final Pattern HUB_NAME =
      Pattern.compile(
          "(?:hf://|(?:https://)?(?:hf\\.co|huggingface\\.co)/)?" //
              + "("
              + PART
              + "/"
              + PART
              + ")(?::("
              + TAG
              + "))?/?");
  private static final Pattern OLLAMA_URL =
      Pattern.compile(
          "ollama://(?:([A-Za-z0-9.-]+(?:\\.[A-Za-z0-9-]+|:\\d{1,5}))/)?"
              + "(?:("
              + PART
              + ")/)?("
              + PART
              + ")(?::("
              + PART
              + "))?");
  private static final Pattern OLLAMA_SHORT = Pattern.compile("(" + PART + "):(" + PART + ")");
  private static final Pattern WORD = Pattern.compile(PART);
  private static final Pattern BLOB_PAGE =
      Pattern.compile("(https://(?:hf\\.co|huggingface\\.co)/[^/]+/[^/]+)/blob/(.+)");

  private static final String LIBRARY = "library";
  private static final String LATEST = "latest";
  private static final int MAX_LENGTH = 2000;

  /** The model that a text names; empty if it has none of the known forms. */
  public static Optional<ModelName> parse(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    Matcher hub = HUB_NAME.matcher(text);
    if (hub.matches()) {
      String tag = hub.group(2) == null ? "" : hub.group(2);
      return isSafe(hub.group(1)) && isSafe(tag)
          ? Optional.of(new ModelName(Source.HUB, hub.group(1), tag, ""))
          : Optional.empty();
    }
    Matcher ollama = OLLAMA_URL.matcher(text);
    if (ollama.matches()) {
      return Optional.of(
          ollama(ollama.group(1), ollama.group(2), ollama.group(3), ollama.group(4)));
    }
    Matcher tagged = OLLAMA_SHORT.matcher(text);
    if (tagged.matches()) {
      return Optional.of(ollama(null, null, tagged.group(1), tagged.group(2)));
    }
    return text.startsWith("https://") || text.startsWith("http://") ? url(text) : Optional.empty();
  }

  /** The same, and a single word is a model of the Ollama library. */
  public static Optional<ModelName> parseOrWord(String text) {
    return WORD.matcher(text).matches() && !text.endsWith(".gguf")
        ? Optional.of(ollama(null, null, text, null))
        : parse(text);
  }

  private static ModelName ollama(
      @Nullable String host, @Nullable String namespace, String name, @Nullable String tag) {
    return new ModelName(
        Source.OLLAMA,
        (namespace == null ? LIBRARY : namespace) + "/" + name,
        tag == null ? LATEST : tag,
        host == null ? "" : host);
  }

  private static Optional<ModelName> url(String text) {
    Matcher page = BLOB_PAGE.matcher(text);
    String address = page.matches() ? page.group(1) + "/resolve/" + page.group(2) : text;
    try {
      URI uri = new URI(address);
      boolean isFile = uri.getHost() != null && uri.getPath() != null && uri.getUserInfo() == null;
      return isFile && uri.getPath().length() > 1
          ? Optional.of(new ModelName(Source.URL, address, "", ""))
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /** Whether no segment of a path is empty, {@code .} or {@code ..}. */
  static boolean isSafe(String path) {
    for (String segment : path.isEmpty() ? new String[0] : path.split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        return false;
      }
    }
    return !path.contains("..");
  }

  /** The same model with another tag. */
  ModelName withTag(String newTag) {
    return new ModelName(source, id, newTag, host);
  }

  /** Whether two names are the same model. */
  boolean isSame(ModelName other) {
    return toString().toLowerCase(Locale.ROOT).equals(other.toString().toLowerCase(Locale.ROOT));
  }

  /** The shortest text that {@link #parse} turns into this name. */
  @Override
  public String toString() {
    return switch (source) {
      case URL -> id;
      case HUB -> tag.isEmpty() ? id : id + ":" + tag;
      case OLLAMA -> {
        boolean isLibrary = host.isEmpty() && id.startsWith(LIBRARY + "/");
        String name = isLibrary ? id.substring(LIBRARY.length() + 1) : id;
        String prefix = isLibrary ? "" : "ollama://" + (host.isEmpty() ? "" : host + "/");
        yield prefix + name + ":" + tag;
      }
    };
  }
}
