package dev.myelin.cli.run;

import dev.myelin.chat.ChatTemplate;
import dev.myelin.chat.ChatTokens;
import dev.myelin.cli.io.JsonInput;
import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.error.Printable;
import dev.myelin.generate.FinishReason;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.TextSink;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Generates the texts of prompts, each in a sequence of its own. Thread-safe. */
final class PromptWorker {
  private final ModelRuntime runtime;
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> template;
  private final boolean parsesSpecial;
  private final GenerateOptions end;
  private final SamplingOptions sampling;
  private final Consumer<Session> prepare;

  /**
   * @param parsesSpecial whether control tokens in prompts are parsed; those in messages never are
   * @param end the options of prompts that have none
   * @param sampling the same; each prompt gets a random seed if there is none
   * @param prepare called with each session before its prompt
   */
  PromptWorker(
      ModelRuntime runtime,
      boolean parsesSpecial,
      GenerateOptions end,
      SamplingOptions sampling,
      Consumer<Session> prepare) {
    this.runtime = runtime;
    this.parsesSpecial = parsesSpecial;
    this.end = end;
    this.sampling = sampling;
    this.prepare = prepare;
    tokenizer = runtime.model().tokenizer();
    template = ChatTemplate.of(runtime.model().file());
  }

  /**
   * Generates the text of a line. What is wrong with the line is a result too.
   *
   * @throws CancelledException if the thread was interrupted
   * @throws MyelinException if no further prompt can succeed either
   */
  PromptResult work(PromptLine line) {
    PromptRequest.Id id = null;
    PromptRequest request;
    int[] tokens;
    try {
      if (line.problem() != null) {
        return PromptResult.failed(line.index(), null, line.problem());
      }
      Map<String, Object> fields = JsonInput.parseLine(line.text(), line.place());
      id = PromptRequest.Id.of(fields);
      request = PromptRequest.of(fields, end, sampling);
      tokens = tokens(request);
    } catch (MyelinException e) {
      return failed(line, id, e);
    }
    return generate(line, id, request, tokens);
  }

  private int[] tokens(PromptRequest request) {
    if (request.text() != null) {
      return tokenizer.encode(request.text(), true, parsesSpecial);
    }
    if (request.messages() == null) {
      return request.tokens();
    }
    ChatTemplate chosen =
        template.orElseThrow(
            () -> new InvalidRequestException("messages: the model has no chat template"));
    return ChatTokens.of(
        chosen.renderMaps(request.messages().messages(), true, request.messages().variables()),
        tokenizer);
  }

  private PromptResult generate(
      PromptLine line, PromptRequest.Id id, PromptRequest request, int[] tokens) {
    try (Generator generator = Generator.open(runtime, request.sampling())) {
      ContextLimits.requireFits(tokens, generator.session());
      prepare.accept(generator.session());
      Generation text = generator.generate(tokens, request.end(), TextSink.NONE);
      if (text.reason() == FinishReason.CANCELLED) {
        throw new CancelledException("interrupted");
      }
      return PromptResult.of(line.index(), id, text, generator.seed());
    } catch (CancelledException
        | IllegalUseException
        | ModelFileException
        | NativeLibraryException e) {
      throw e;
    } catch (MyelinException e) {
      return failed(line, id, e);
    }
  }

  /** The result of a failure, whose message begins with the place. */
  private static PromptResult failed(PromptLine line, PromptRequest.Id id, MyelinException e) {
    String message = e.getMessage();
    String problem = message.startsWith(line.place()) ? message : line.place() + ": " + message;
    return PromptResult.failed(line.index(), id, Printable.of(problem));
  }
}
