package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.tokenizer.Vocabulary;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * A text split into chunks of tokens, as llama.cpp's perplexity splits it. A model sees one chunk
 * at a time and predicts the last part of it. Immutable and thread-safe.
 */
public final class TextChunks {
  private final int[] tokens;
  private final Layout layout;
  private final OptionalInt bos;
  private final int count;

  /**
   * @param window tokens per chunk
   * @param step distance between the starts of two chunks
   * @param context number of tokens at the start that are context only
   */
  private record Layout(int window, int step, int context) {
    static Layout consecutive(int window) {
      return new Layout(window, window, window / 2);
    }
  }

  private TextChunks(int[] tokens, Layout layout, OptionalInt bos, int count) {
    this.tokens = tokens;
    this.layout = layout;
    this.bos = bos;
    this.count = count;
  }

  /**
   * Splits a text.
   *
   * @throws InvalidRequestException if the text is empty or too short, or a chunk exceeds the
   *     model's context length
   */
  public static TextChunks of(Model model, String text, ChunkOptions options) {
    return ofTokens(model, model.tokenizer().encode(text, true, false), options);
  }

  /** As above, from the tokens of a text, including BOS and EOS if the tokenizer adds them. */
  public static TextChunks ofTokens(Model model, int[] tokens, ChunkOptions options) {
    int positions = model.info().contextLength();
    int stride = options.stride();
    int requested = options.contextLength();
    int maxContext = Math.max(ChunkOptions.MIN_CONTEXT, positions - stride / 2);
    int context = requested == 0 ? Math.min(ChunkOptions.DEFAULT_CONTEXT, maxContext) : requested;
    long length = context + (long) stride / 2;
    if (length > positions) {
      throw new InvalidRequestException(
          (stride == 0 ? "context = " + context : "context = " + context + " + stride / 2")
              + ": this model has "
              + positions
              + " positions");
    }
    int window = (int) length;
    if (stride >= window) {
      throw new InvalidRequestException(
          "stride = %s: expected less than a window's %s tokens".formatted(stride, window));
    }
    OptionalInt bos = bos(model);
    requireTwoChunks(tokens, window, bos);
    if (stride == 0) {
      int chunks = options.limit(tokens.length / window);
      return new TextChunks(tokens.clone(), Layout.consecutive(window), bos, chunks);
    }
    Layout layout = new Layout(window, stride, window - stride - 1);
    int windows = options.limit(Math.ceilDiv(tokens.length - window, stride));
    // windows start anywhere in the text: without BOS, as in llama.cpp
    return new TextChunks(tokens.clone(), layout, OptionalInt.empty(), windows);
  }

  /**
   * The chunks of a file of logits.
   *
   * @throws InvalidRequestException if the vocabulary differs, or a chunk exceeds the model's
   *     context length
   */
  public static TextChunks of(Model model, LogitsFile file, int maxChunks) {
    ChunkOptions options = new ChunkOptions(file.contextLength(), 0, maxChunks);
    int vocabulary = model.info().vocabulary();
    if (file.vocabulary() != vocabulary) {
      throw new InvalidRequestException(
          "%s: logits of %s tokens: expected %s, the vocabulary of %s"
              .formatted(file.path(), file.vocabulary(), vocabulary, model.file().path()));
    }
    if (file.contextLength() > model.info().contextLength()) {
      throw new InvalidRequestException(
          "%s: chunks of %s tokens: expected at most %s, the positions of %s"
              .formatted(
                  file.path(),
                  file.contextLength(),
                  model.info().contextLength(),
                  model.file().path()));
    }
    return new TextChunks(
        file.tokens(),
        Layout.consecutive(file.contextLength()),
        bos(model),
        options.limit(file.chunks()));
  }

  private static OptionalInt bos(Model model) {
    Vocabulary vocabulary = model.tokenizer().vocabulary();
    return vocabulary.addsBos() ? vocabulary.bos() : OptionalInt.empty();
  }

  private static void requireTwoChunks(int[] tokens, int window, OptionalInt bos) {
    long needed = 2L * window;
    if (tokens.length == 0
        || tokens.length == 1 && bos.isPresent() && tokens[0] == bos.getAsInt()) {
      throw new InvalidRequestException(
          "the text is empty: expected %s tokens, two chunks of %s".formatted(needed, window));
    }
    if (tokens.length < needed) {
      throw new InvalidRequestException(
          "the text has %s tokens: expected %s or more, two chunks of %s"
              .formatted(tokens.length, needed, window));
    }
  }

  /** Number of chunks. */
  public int count() {
    return count;
  }

  /** Tokens per chunk. */
  public int contextLength() {
    return layout.window;
  }

  /** Number of predictions per chunk. */
  public int predictions() {
    return layout.window - 1 - layout.context;
  }

  /** The number of chunks whose inputs fit into a batch together; 1 if not even one does. */
  public int perBatch(int batch) {
    return Math.max(1, batch / (layout.window - 1));
  }

  /** All tokens of the text, including those after the last chunk. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** Whether the chunks are consecutive, without overlap. */
  boolean isConsecutive() {
    return layout.step == layout.window;
  }

  /** The input tokens of a chunk: all but the last, whose logits are not needed. */
  int[] inputs(int chunk) {
    int start = chunk * layout.step;
    int[] inputs = Arrays.copyOfRange(tokens, start, start + layout.window - 1);
    bos.ifPresent(id -> inputs[0] = id);
    return inputs;
  }

  /** The target token of prediction {@code index} of a chunk. */
  int target(int chunk, int index) {
    return tokens[chunk * layout.step + layout.context + 1 + index];
  }

  /** The position in a chunk of the logits of a prediction. */
  int position(int index) {
    return layout.context + index;
  }

  /** The tokens of all chunks, concatenated; for consecutive chunks. */
  int[] chunkTokens() {
    return Arrays.copyOf(tokens, count * layout.window);
  }
}
