package dev.myelin.chat.jinja;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.tree.Node;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.function.Supplier;

/** A parsed template; immutable, for any number of threads. */
public final class JinjaTemplate {
  private static final int LONGEST = 1 << 20; // characters; the largest known has 30 thousand

  private final JinjavaConfig config =
      JinjavaConfig.newBuilder()
          .withNestedInterpretationEnabled(false) // a message is never a template
          .withKeepTrailingNewline(true)
          .withLegacyOverrides(
              LegacyOverrides.newBuilder()
                  .withParseWhitespaceControlStrictly(true)
                  .withHandleBackslashInQuotesOnly(true)
                  .build())
          .build();
  private final Jinjava jinjava = new Jinjava(config);
  private final Context tags = new Context(jinjava.getGlobalContext());
  private final Syntax syntax = new Syntax();
  private final Node root;

  /**
   * @throws TemplateException if tags do not match or a delimiter is missing
   */
  public JinjaTemplate(String source) {
    Tags.ALL.forEach(tags::registerTag);
    Tags.REFUSED.forEach(tags::registerTag);
    Render parsing = newRender(0, ZonedDateTime.now());
    this.root = guarded(parsing, () -> parsing.parse(rewritten(source)));
  }

  private static String rewritten(String source) {
    if (source.length() > LONGEST) {
      throw new RenderFailure(source.length() + " characters: at most " + LONGEST + " expected");
    }
    return TemplateSource.rewrite(source);
  }

  /**
   * Renders the template.
   *
   * @param variables text, numbers, booleans, lists, maps and null (None), however nested
   * @param now what {@code strftime_now} prints
   * @throws TemplateException if it fails, refuses the variables, or does too much work
   */
  public String render(Map<String, ?> variables, ZonedDateTime now) {
    Render render = newRender(Values.characters(variables), now);
    variables.forEach((name, value) -> render.scope().set(name, Values.of(value)));
    return guarded(render, () -> render.render(root));
  }

  private Render newRender(long characters, ZonedDateTime now) {
    return new Render(jinjava, new Context(tags), config, syntax, new Budget(characters), now);
  }

  private static <T> T guarded(Render render, Supplier<T> work) {
    try {
      return work.get();
    } catch (RenderFailure e) {
      int line = e.getLineNumber() > 0 ? e.getLineNumber() : line(render);
      throw new TemplateException(e.getMessage(), line, e.raised(), e);
    } catch (StackOverflowError e) {
      throw new TemplateException("nested too deeply", line(render), false, e);
    } catch (RuntimeException e) {
      throw new TemplateException("cannot be rendered: " + e, line(render), false, e);
    }
  }

  private static int line(Render render) {
    return Math.max(render.getLineNumber(), 0);
  }
}
