package dev.myelin.generate;

/**
 * Receives text as it is generated, in complete characters. Called in the thread that generates the
 * text.
 */
@FunctionalInterface
public interface TextSink {
  /** A sink that discards the text. */
  TextSink NONE = text -> {};

  void accept(String text);
}
