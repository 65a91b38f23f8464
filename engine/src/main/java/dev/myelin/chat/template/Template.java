package dev.myelin.chat.template;

import dev.myelin.tokenizer.PromptText;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.Map;

/** A parsed Jinja template; immutable, for any number of threads. */
public final class Template {
  private static final int LONGEST = 1 << 20; // characters; the largest known has 30 thousand

  private static final int LONGEST_MESSAGE = 1000;

  private final String source;
  private final Body body;

  private Template(String source, Body body) {
    this.source = source;
    this.body = body;
  }

  /**
   * Parses a template.
   *
   * @throws TemplateException if it is malformed, with line and column
   */
  public static Template parse(String source) {
    if (source.length() > LONGEST) {
      throw new TemplateException(
          source.length() + " characters: expected at most " + LONGEST, 0, 0, false, null);
    }
    String lines = lines(source);
    try {
      return new Template(lines, Parser.parse(lines));
    } catch (Failure e) {
      throw failure(lines, e, Math.max(e.at, 0), e);
    } catch (StackOverflowError e) {
      throw new TemplateException("nested too deeply", 0, 0, false, e);
    }
  }

  /** Line feeds as the only line ends, and without one at the end. */
  private static String lines(String source) {
    String lines = source;
    if (source.indexOf('\r') >= 0) {
      lines = source.replace("\r\n", "\n").replace('\r', '\n');
    }
    return lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  /**
   * Renders the template at a given time.
   *
   * @see #render(Map, Clock)
   */
  public PromptText render(Map<String, ?> variables, ZonedDateTime now) {
    return render(variables, Clock.fixed(now.toInstant(), now.getZone()));
  }

  /**
   * Renders the template.
   *
   * @param variables text, numbers, booleans, lists, maps and null (None), however nested; of their
   *     text only {@code bos_token}, {@code eos_token} and well-known roles are trusted
   * @param clock what {@code strftime_now} asks
   * @throws TemplateException if it fails, refuses the variables, or does too much work
   * @throws dev.myelin.error.InvalidRequestException if a variable has another type
   */
  public PromptText render(Map<String, ?> variables, Clock clock) {
    Variables taken = new Variables();
    Scope scope = new Scope(null);
    for (Map.Entry<String, ?> each : variables.entrySet()) {
      scope.set(each.getKey(), taken.of(each.getKey(), each.getValue()));
    }
    Render render = new Render(new Budget(taken.size()), clock, scope);
    try {
      render.budget.enter(body.depth());
      body.execute(render);
      return render.out.prompt();
    } catch (Failure e) {
      throw failure(source, e, e.at >= 0 ? e.at : render.at, e);
    } catch (StackOverflowError e) {
      throw failure(source, new Failure("nested too deeply"), render.at, e);
    } catch (OutOfMemoryError e) {
      Failure tooLarge = new Failure("the template makes more text than memory holds");
      throw failure(source, tooLarge, render.at, e);
    }
  }

  private static TemplateException failure(String source, Failure e, int at, Throwable cause) {
    int line = 1;
    int start = 0;
    int end = Math.min(at, source.length());
    for (int i = source.indexOf('\n'); i >= 0 && i < end; i = source.indexOf('\n', i + 1)) {
      line++;
      start = i + 1;
    }
    int column = source.codePointCount(start, end) + 1;
    String message = e.getMessage();
    if (message.length() > LONGEST_MESSAGE) { // names in it may be as long as the template
      message = message.substring(0, LONGEST_MESSAGE) + "...";
    }
    return new TemplateException(message, line, column, e.raised, cause);
  }
}
