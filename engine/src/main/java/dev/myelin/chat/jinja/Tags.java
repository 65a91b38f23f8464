package dev.myelin.chat.jinja;

import com.hubspot.jinjava.lib.tag.Tag;
import java.util.List;
import java.util.stream.Stream;

/** The register of tags, one line each. */
final class Tags {
  static final List<Tag> ALL =
      List.of(
          new IfTag(),
          new MarkerTag("elif"),
          new MarkerTag("else"),
          new ForTag(),
          new JumpTag("break", Render.Jump.BREAK),
          new JumpTag("continue", Render.Jump.CONTINUE),
          new SetTag(),
          new MacroTag(),
          new FilterTag(),
          new GenerationTag());

  /** Jinjava's others: they read files, are not Jinja2's, or occur in no chat template. */
  static final List<Tag> REFUSED =
      Stream.concat(
              Stream.of("autoescape", "block", "call", "ifchanged", "unless")
                  .map(name -> new RefusedTag(name, true)),
              Stream.of("cycle", "do", "extends", "from", "import", "include", "print")
                  .map(name -> new RefusedTag(name, false)))
          .<Tag>map(tag -> tag)
          .toList();

  private Tags() {}
}
