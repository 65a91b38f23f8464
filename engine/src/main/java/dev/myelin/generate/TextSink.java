package dev.myelin.generate;

/** Takes text as it is generated; pieces are whole characters. */
@FunctionalInterface
public interface TextSink {
  /** A sink that drops everything. */
  TextSink NONE = text -> {};

  void accept(String text);
}
