package dev.myelin.chat.template;

import dev.myelin.tokenizer.PromptText;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.Map;

/** A parsed Jinja template. Immutable and thread-safe. */
public final class Template {
  private static final int MAX_LENGTH =
      1 << 20; // characters; the largest known template has 30,000

  private static final int MAX_MESSAGE_LENGTH = 1000;

  private final String source;
  private final Body body;

  private Template(String source, Body body) {
    this.source = source;
    this.body = body;
  }

  /**
   * Parses a template.
   *
   * @throws TemplateException if it is malformed; names line and column
   */
  public static Template parse(String source) {
    if (source.length() > MAX_LENGTH) {
      throw new TemplateException(
          source.length() + " characters: expected at most " + MAX_LENGTH, 0, 0, false, null);
    }
    String lines = normalizeLineEnds(source);
    try {
      return new Template(lines, Parser.parse(lines));
    } catch (TemplateError e) {
      throw toException(lines, e, Math.max(e.offset, 0), e);
    } catch (StackOverflowError e) {
      throw new TemplateException("nested too deeply", 0, 0, false, e);
    }
  }

  /** Normalizes line ends to line feeds, and removes one at the end. */
  private static String normalizeLineEnds(String source) {
    String normalized = source;
    if (source.indexOf('\r') >= 0) {
      normalized = source.replace("\r\n", "\n").replace('\r', '\n');
    }
    return normalized.endsWith("\n")
        ? normalized.substring(0, normalized.length() - 1)
        : normalized;
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
   * @param variables strings, numbers, booleans, lists, maps and null (None), nested. Only {@code
   *     bos_token}, {@code eos_token} and well-known roles are trusted
   * @param clock clock of {@code strftime_now}
   * @throws TemplateException if it fails, calls {@code raise_exception}, or exceeds its budget
   * @throws dev.myelin.error.InvalidRequestException if a variable has an unsupported type
   */
  public PromptText render(Map<String, ?> variables, Clock clock) {
    VariableConverter converter = new VariableConverter();
    Scope scope = new Scope(null);
    for (Map.Entry<String, ?> each : variables.entrySet()) {
      scope.set(each.getKey(), converter.convert(each.getKey(), each.getValue()));
    }
    RenderContext context = new RenderContext(new Budget(converter.size()), clock, scope);
    try {
      context.budget.enter(body.depth());
      body.execute(context);
      return context.output.toPromptText();
    } catch (TemplateError e) {
      throw toException(source, e, e.offset >= 0 ? e.offset : context.offset, e);
    } catch (StackOverflowError e) {
      throw toException(source, new TemplateError("nested too deeply"), context.offset, e);
    } catch (OutOfMemoryError e) {
      TemplateError tooLarge =
          new TemplateError("the template writes more text than fits into memory");
      throw toException(source, tooLarge, context.offset, e);
    }
  }

  private static TemplateException toException(
      String source, TemplateError e, int at, Throwable cause) {
    int line = 1;
    int start = 0;
    int end = Math.min(at, source.length());
    for (int i = source.indexOf('\n'); i >= 0 && i < end; i = source.indexOf('\n', i + 1)) {
      line++;
      start = i + 1;
    }
    int column = source.codePointCount(start, end) + 1;
    String message = e.getMessage();
    if (message.length() > MAX_MESSAGE_LENGTH) { // a name in it may be as long as the template
      message = message.substring(0, MAX_MESSAGE_LENGTH) + "...";
    }
    return new TemplateException(message, line, column, e.raisedByTemplate, cause);
  }
}
