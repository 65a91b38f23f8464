package dev.myelin.cli.inspect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.command.Version;
import dev.myelin.cli.io.Html;
import dev.myelin.cli.io.Json;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.Histogram;
import dev.myelin.inspect.Inspection;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * An inspection as one self-contained HTML page. Text from the file is escaped, or is JSON that
 * scripts show only as text. The content security policy forbids other scripts and all loading.
 */
final class InspectPage {
  private static final String FOLDER = "/dev/myelin/cli/inspect/page/";
  private static final String WEBJAR = "org.webjars.npm/d3-hierarchy";

  private InspectPage() {}

  /**
   * @param histograms may be empty
   */
  static String of(Inspection i, Map<TensorInfo, Optional<Histogram>> histograms) {
    ObjectNode data = InspectJson.of(i, true);
    data.remove("metadata");
    InspectJson.addHistograms(data, i, histograms);
    String style = resource(FOLDER + "page.css");
    String script = resource(FOLDER + "page.js");
    String layout = "/* " + licence() + "*/\n" + layoutScript();
    String title = i.shape().name().orElse(i.path().getFileName().toString());

    Map<String, String> values = new LinkedHashMap<>();
    values.put("policy", policy(style, layout, script));
    values.put("title", Html.escape(title));
    values.put("file", Html.escape(InspectText.file(i)));
    values.put("style", style);
    values.put("model", InspectText.model(i).toHtml("Model", false));
    values.put("components", InspectText.components(i).toHtml("Components", true));
    values.put("types", InspectText.types(i).toHtml("Types", true));
    values.put("cost", InspectText.cost(i).toHtml("Cost per token", false));
    values.put("metadata", InspectText.metadata(i).toHtml("Metadata", true));
    values.put("version", Html.escape(Version.text()));
    values.put("data", Json.compact(data).replace("<", "\\u003c"));
    values.put("layout", layout);
    values.put("script", script);
    return fill(resource(FOLDER + "page.html"), values);
  }

  /** Replaces {@code {{name}}} in one pass: values are not expanded. */
  private static String fill(String template, Map<String, String> values) {
    StringBuilder page = new StringBuilder();
    int at = 0;
    for (int open = template.indexOf("{{"); open >= 0; open = template.indexOf("{{", at)) {
      int close = template.indexOf("}}", open);
      page.append(template, at, open).append(values.get(template.substring(open + 2, close)));
      at = close + 2;
    }
    return page.append(template.substring(at)).toString();
  }

  private static String policy(String style, String... scripts) {
    StringBuilder policy = new StringBuilder("default-src 'none'; base-uri 'none'");
    policy.append("; form-action 'none'; style-src '").append(hash(style)).append("'; script-src");
    for (String script : scripts) {
      policy.append(" '").append(hash(script)).append('\'');
    }
    return policy.toString();
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static String layoutScript() {
    return resource(webjar("dist/d3-hierarchy.min.js"));
  }

  private static String licence() {
    return "d3-hierarchy " + version() + "\n\n" + resource(webjar("LICENSE"));
  }

  private static String webjar(String file) {
    return "/META-INF/resources/webjars/d3-hierarchy/" + version() + "/" + file;
  }

  private static String version() {
    Properties properties = new Properties();
    try (InputStream in = open("/META-INF/maven/" + WEBJAR + "/pom.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  private static String resource(String name) {
    try (InputStream in = open(name)) {
      // the same page with any line ends of the checkout
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String name) {
    InputStream in = InspectPage.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException(name + " is missing from the class path");
    }
    return in;
  }
}
