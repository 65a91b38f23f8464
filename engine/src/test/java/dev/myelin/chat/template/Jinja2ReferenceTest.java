package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares with recorded results of Jinja2 for hundreds of expressions and templates. */
class Jinja2ReferenceTest {
  static final ZonedDateTime NOW = ZonedDateTime.of(2024, 7, 26, 13, 5, 9, 0, ZoneOffset.UTC);

  static final Map<String, Object> VARIABLES = variables();

  private static Map<String, Object> variables() {
    Map<String, Object> all = new HashMap<>();
    all.put("s", "Hello World");
    all.put("e", "");
    all.put("pad", "  a b\t\n");
    all.put("u", "naïve 🙂 Ünïcode");
    all.put("n", 7);
    all.put("neg", -3);
    all.put("f", 2.5);
    all.put("t", true);
    all.put("no", false);
    all.put("nil", null);
    all.put("l", List.of(3, 1, 2));
    all.put("ls", List.of("b", "a", "C"));
    all.put("el", List.of());
    Map<String, Object> d = new java.util.LinkedHashMap<>();
    d.put("k", "v");
    d.put("n", 1);
    d.put("items", "shadow");
    all.put("d", d);
    all.put("ed", Map.of());
    all.put(
        "msgs",
        List.of(
            message("system", "S"),
            message("user", "U1"),
            message("assistant", "A1"),
            message("user", "U2")));
    all.put("nested", Map.of("a", Map.of("b", List.of(10, Map.of("c", "deep")))));
    return all;
  }

  private static Map<String, String> message(String role, String content) {
    Map<String, String> message = new java.util.LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  static Stream<Arguments> expressions() throws IOException {
    return table("expressions.txt");
  }

  static Stream<Arguments> templates() throws IOException {
    return table("templates.txt");
  }

  private static Stream<Arguments> table(String name) throws IOException {
    try (InputStream in = Jinja2ReferenceTest.class.getResourceAsStream(name)) {
      List<Arguments> rows = new ArrayList<>();
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.split("\n")) {
        if (!line.startsWith("# ")) {
          int arrow = line.indexOf(" => ");
          rows.add(Arguments.of(plain(line.substring(0, arrow)), plain(line.substring(arrow + 4))));
        }
      }
      assertThat(rows).hasSizeGreaterThan(90);
      return rows.stream();
    }
  }

  private static String plain(String field) {
    return field.replace('⏎', '\n').replace('⇥', '\t').replace('␍', '\r');
  }

  @ParameterizedTest
  @MethodSource("expressions")
  void evaluatesExpressionAsJinja2(String expression, String expected) {
    assertThat(render("{{ " + expression + " }}")).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("templates")
  void rendersTemplateAsJinja2(String template, String expected) {
    assertThat(render(template)).isEqualTo(expected);
  }

  static String render(String template) {
    return Template.parse(template).render(VARIABLES, NOW).text();
  }
}
