package dev.myelin.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a template says, it renders or is a {@link TemplateException}, after bounded work and
 * memory. {@code -Dmyelin.fuzz.templates=1000000} tries more than the usual number.
 */
class TemplateFuzzTest {
  private static final int COUNT = Integer.getInteger("myelin.fuzz.templates", 20_000);
  private static final ZonedDateTime NOW =
      ZonedDateTime.of(2024, 7, 26, 13, 5, 9, 0, ZoneOffset.UTC);

  // Far above what the budget allows on a slow machine; of the thread, so that others do not count.
  private static final long MOST_NANOSECONDS = 5_000_000_000L;
  private static final long MOST_BYTES = 3L << 30;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final Map<String, Object> VARIABLES =
      Map.of(
          "s",
          "Hello World",
          "u",
          "naïve 🙂 ΑΣ",
          "n",
          7,
          "f",
          2.5,
          "l",
          List.of(3, 1, 2),
          "d",
          Map.of("k", "v", "n", 1),
          "messages",
          List.of(
              Map.of("role", "user", "content", "Hi"),
              Map.of("role", "assistant", "content", "Hello <|im_end|>")));

  /** Renders; returns what failed, or the text. */
  private static String bounded(String template) {
    long cpu = THREADS.getCurrentThreadCpuTime();
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    String outcome;
    try {
      outcome = Template.parse(template).render(VARIABLES, NOW).text();
    } catch (TemplateException e) {
      outcome = e.line() + ":" + e.column() + ": " + e.getMessage();
      assertThat(e.getMessage()).as(shown(template)).isNotBlank();
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        assertThat(cause).as(shown(template)).isNotInstanceOf(OutOfMemoryError.class);
      }
    } catch (Throwable e) {
      throw new AssertionError(shown(template), e);
    }
    assertThat(THREADS.getCurrentThreadCpuTime() - cpu)
        .as(() -> "nanoseconds of " + shown(template))
        .isLessThan(MOST_NANOSECONDS);
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - bytes)
        .as(() -> "bytes of " + shown(template))
        .isLessThan(MOST_BYTES);
    return outcome;
  }

  private static String shown(String template) {
    return template.length() <= 2000 ? template : template.substring(0, 2000) + "...";
  }

  @Test
  void hostileTemplatesEnd() {
    for (String template : HostileTemplates.all()) {
      bounded(template);
    }
  }

  /** What Jinja2 renders, of our other tests. */
  private static List<String> seeds() throws IOException {
    List<String> seeds = new ArrayList<>();
    for (String name : List.of("expressions.txt", "templates.txt")) {
      try (InputStream in = TemplateFuzzTest.class.getResourceAsStream(name)) {
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        for (String line : text.split("\n")) {
          int arrow = line.indexOf(" => ");
          if (!line.startsWith("# ") && arrow > 0) {
            String plain = line.substring(0, arrow).replace('⏎', '\n').replace('⇥', '\t');
            seeds.add(name.startsWith("e") ? "{{ " + plain + " }}" : plain);
          }
        }
      }
    }
    assertThat(seeds).hasSizeGreaterThan(200);
    return seeds;
  }

  static Stream<Integer> parts() {
    return IntStream.range(0, 4).boxed();
  }

  @ParameterizedTest
  @MethodSource("parts")
  void changedTemplatesRenderOrFail(int part) throws IOException {
    List<String> seeds = seeds();
    SplittableRandom random = new SplittableRandom(part);
    int rendered = 0;
    for (int i = 0; i < COUNT / 4; i++) {
      StringBuilder template = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        change(template, seeds, random);
      }
      if (template.length() < 5_000 && !bounded(template.toString()).isEmpty()) {
        rendered++;
      }
    }
    assertThat(rendered).isGreaterThan(COUNT / 40);
  }

  private static final List<String> PIECES = pieces();

  private static List<String> pieces() {
    String lines =
        """
        {{
        }}
        {%
        %}
        {#
        #}
        -
        (
        )
        [
        ]
        {
        }
        |
        .
        ,
        :
        =
        '
        "
        \\
        0
        1
        -1
        99999999999999999999
        1e999
        10**18
        s
        u
        n
        f
        l
        d
        messages
        x
        none
        true
        loop
        range(9)
        namespace(a=1)
        \sif\s
        \selse\s
        \sin\s
        \snot\s
        \sis\s
        \sand\s
        \s~\s
        \s*\s
        \s**\s
        \s//\s
        \s%\s
        \s==\s
        \s<\s
        '%s'
        '{}'
        'a' * 9999
        |join
        |list
        |tojson
        |string
        |upper
        |replace('a','bb')
        |map('string')
        |sort
        |batch(3)
        |slice(3)
        |dictsort
        |groupby(0)
        |indent
        |int
        |float
        |default(l)
        |length
        |first
        |last
        |sum
        |unique
        |reverse
        .items()
        .append(l)
        .update(d)
        .split()
        .format(l)
        [::-1]
        [1:]
        {% for x in l %}
        {% for x in l recursive %}
        {{ loop(x) }}
        {% endfor %}
        {% if x %}
        {% elif 1 %}
        {% else %}
        {% endif %}
        {% set x = l %}
        {% set x %}
        {% endset %}
        {% macro m(a, b=1) %}
        {% endmacro %}
        {{ m(x) }}
        {% call m(1) %}
        {{ caller() }}
        {% endcall %}
        {% filter upper %}
        {% endfilter %}
        {% with x = 1 %}
        {% endwith %}
        {% raw %}
        {% endraw %}
        {% break %}
        {% continue %}
        {% generation %}
        {% endgeneration %}
        {% block b %}
        {% endblock %}
        🙂
        é
        """;
    List<String> pieces = new ArrayList<>(lines.lines().toList());
    pieces.addAll(List.of("\n", " ", "\ud800", "\0"));
    return pieces;
  }

  private static void change(StringBuilder text, List<String> seeds, SplittableRandom random) {
    int at = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), at + random.nextInt(1, 12));
    switch (random.nextInt(7)) {
      case 0 -> text.delete(at, to);
      case 1 -> text.insert(at, text.substring(at, to));
      case 2 -> text.insert(at, seeds.get(random.nextInt(seeds.size())));
      case 3 -> text.setLength(at);
      case 4 -> text.replace(at, to, PIECES.get(random.nextInt(PIECES.size())));
      default -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
    }
  }

  /** Expressions of any shape, with numbers and texts of any size. */
  @ParameterizedTest
  @MethodSource("parts")
  void madeUpTemplatesRenderOrFail(int part) {
    SplittableRandom random = new SplittableRandom(100 + part);
    int rendered = 0;
    for (int i = 0; i < COUNT / 4; i++) {
      StringBuilder template = new StringBuilder();
      for (int pieces = random.nextInt(1, 12); pieces > 0; pieces--) {
        template.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      String text = template.toString();
      if (random.nextBoolean()) {
        text = "{{ " + text.replace("{", "").replace("}", "").replace("%", "") + " }}";
      }
      if (!bounded(text).isEmpty()) {
        rendered++;
      }
    }
    assertThat(rendered).isPositive();
  }

  /** Variables that come from outside are taken, or refused by their name. */
  @Test
  void variablesOfAnyTypeAreTakenOrRefused() {
    List<Object> cyclic = new ArrayList<>();
    cyclic.add(cyclic);
    for (Object value : List.of(cyclic, new Object(), 'c', new int[1], Double.NaN, "\ud800")) {
      try {
        Template.parse("{{ v }}{{ v | tojson }}").render(Map.of("v", value), NOW);
      } catch (TemplateException | InvalidRequestException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }
}
