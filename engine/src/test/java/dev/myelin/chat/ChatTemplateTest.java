package dev.myelin.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
  private static final List<ChatMessage> HI = List.of(ChatMessage.user("Hi"));

  @Test
  void readsTemplateAndSpecialTokensFromFile() {
    GgufFile file =
        file(
            new GgufWriter()
                .put(
                    "tokenizer.chat_template",
                    "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}")
                .put("tokenizer.ggml.tokens", new String[] {"<unk>", "<s>", "</s>"})
                .put("tokenizer.ggml.bos_token_id", 1)
                .put("tokenizer.ggml.eos_token_id", 2));
    ChatTemplate template = ChatTemplate.of(file).orElseThrow();
    assertThat(template.render(HI, false)).isEqualTo("<s>Hi</s>");
    assertThat(template.source()).startsWith("{{ bos_token }}");
  }

  @Test
  void missingSpecialTokensAreEmpty() {
    GgufFile file =
        file(new GgufWriter().put("tokenizer.chat_template", "[{{ bos_token }}{{ eos_token }}]"));
    assertThat(ChatTemplate.of(file).orElseThrow().render(HI, true)).isEqualTo("[]");
  }

  @Test
  void usesToolTemplateForTools() {
    GgufFile both =
        file(
            new GgufWriter()
                .put("tokenizer.chat_template", "plain {{ messages[0].content }}")
                .put("tokenizer.chat_template.tool_use", "{{ tools[0] }} {{ nope() if broken }}"));
    ChatTemplate template = ChatTemplate.of(both).orElseThrow();
    assertThat(template.render(HI, true)).isEqualTo("plain Hi");
    assertThat(template.render(HI, true, Map.of("tools", List.of("t")))).isEqualTo("t ");
    assertThatExceptionOfType(ModelFileException.class)
        .isThrownBy(() -> template.render(HI, true, Map.of("tools", List.of(), "broken", true)))
        .withMessageStartingWith("m.gguf: tokenizer.chat_template.tool_use line 1 column 19: ");
    GgufFile one = file(new GgufWriter().put("tokenizer.chat_template.tool_use", "only"));
    assertThat(ChatTemplate.of(one).orElseThrow().render(HI, true)).isEqualTo("only");
  }

  @Test
  void emptyWithoutTemplateInFile() {
    assertThat(ChatTemplate.of(file(new GgufWriter()))).isEmpty();
    assertThat(ChatTemplate.of(file(new GgufWriter().put("tokenizer.chat_template", " \n"))))
        .isEmpty();
  }

  @Test
  void rejectsInvalidMetadataNamingFileAndKey() {
    assertThatExceptionOfType(ModelFileException.class)
        .isThrownBy(() -> ChatTemplate.of(file(new GgufWriter().put("tokenizer.chat_template", 7))))
        .withMessageContaining("m.gguf")
        .withMessageContaining("tokenizer.chat_template");
    assertThatExceptionOfType(ModelFileException.class)
        .isThrownBy(
            () ->
                ChatTemplate.of(
                    file(
                        new GgufWriter()
                            .put("tokenizer.chat_template", "x")
                            .put("tokenizer.ggml.tokens", new String[] {"a"})
                            .put("tokenizer.ggml.bos_token_id", "9"))))
        .withMessageContaining("tokenizer.ggml.bos_token_id")
        .withMessageContaining("9");
  }

  @Test
  void specialTokensOutOfVocabularyAreEmpty() {
    GgufFile file =
        file(
            new GgufWriter()
                .put("tokenizer.chat_template", "[{{ bos_token }}{{ eos_token }}]")
                .put("tokenizer.ggml.tokens", new String[] {"a"})
                .put("tokenizer.ggml.bos_token_id", 9)
                .put("tokenizer.ggml.eos_token_id", 0xffff_ffffL));
    assertThat(ChatTemplate.of(file).orElseThrow().render(HI, true)).isEqualTo("[]");
  }

  @Test
  void errorsNameFileKeyAndLine() {
    String source = "{{ bos_token }}\n{{ messages | shout }}";
    assertThatExceptionOfType(MyelinException.class)
        .isThrownBy(() -> ChatTemplate.parse(source, "", "").render(HI, true))
        .withMessage("tokenizer.chat_template line 2 column 15: unknown filter 'shout'");
    ChatTemplate fromFile =
        ChatTemplate.of(file(new GgufWriter().put("tokenizer.chat_template", source)))
            .orElseThrow();
    assertThatExceptionOfType(ModelFileException.class)
        .isThrownBy(() -> fromFile.render(HI, true))
        .withMessage("m.gguf: tokenizer.chat_template line 2 column 15: unknown filter 'shout'");
  }

  @Test
  void raisedMessagesAreOnePrintableLine() {
    ChatTemplate template =
        ChatTemplate.parse("{{ raise_exception('no\\n\\x1b[31m' ~ messages[0].role) }}", "", "");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> template.render(HI, true))
        .withMessage("the chat template refuses the messages: no\\n\\u001b[31muser");
  }

  @Test
  void compileRejectsMalformedTemplate() {
    ChatTemplate template = ChatTemplate.parse("a\n{% if x %}", "", "");
    assertThatExceptionOfType(MyelinException.class)
        .isThrownBy(template::compile)
        .withMessageStartingWith("tokenizer.chat_template line ")
        .withMessageContaining("endif");
    ChatTemplate.parse("fine", "", "").compile();
  }

  @Test
  void rejectsEmptyMessages() {
    ChatTemplate template = ChatTemplate.parse("x", "", "");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> template.render(List.of(), true))
        .withMessage("a conversation without messages: expected one at least");
    assertThatNullPointerException().isThrownBy(() -> ChatMessage.user(null));
    assertThatNullPointerException().isThrownBy(() -> new ChatMessage(null, "x"));
  }

  @Test
  void variablesCannotReplaceMessages() {
    ChatTemplate template =
        ChatTemplate.parse("{{ messages[0].role }}{{ x }}{{ add_generation_prompt }}", "", "");
    assertThat(template.render(HI, true, Map.of("messages", "?", "x", 1))).isEqualTo("user1True");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> template.render(HI, true, Map.of("x", Thread.currentThread())))
        .withMessageContaining("java.lang.Thread");
  }

  /** In apply_chat_template, which templates are written for, these are None and not undefined. */
  @Test
  void toolsAndDocumentsDefaultToNone() {
    ChatTemplate template =
        ChatTemplate.parse("{{ tools }} {{ documents is defined }} {{ x is defined }}", "", "");
    assertThat(template.render(HI, true)).isEqualTo("None True False");
    assertThat(template.render(HI, true, Map.of("tools", List.of(1)))).isEqualTo("[1] True False");
  }

  @Test
  void acceptsOpenAiMessages() {
    ChatTemplate template =
        ChatTemplate.parse(
            "{% for m in messages %}{{ m.role }}:{{ m.content }}{{"
                + " m.tool_calls[0].function.arguments.a if m.tool_calls }}{{ m.x }};{% endfor %}",
            "", "");
    Map<String, Object> call = new HashMap<>();
    call.put("role", "assistant");
    call.put("content", null);
    call.put("tool_calls", List.of(Map.of("function", Map.of("arguments", Map.of("a", 7)))));
    assertThat(
            template
                .renderMaps(
                    List.of(Map.of("role", "clown", "content", "Hi"), call), false, Map.of())
                .text())
        .isEqualTo("clown:Hi;assistant:None7;");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> template.renderMaps(List.of(), true, Map.of()))
        .withMessage("a conversation without messages: expected one at least");
  }

  @Test
  void otherTemplateUsesSpecialTokensOfCheckpoint() {
    GgufFile file =
        file(
            new GgufWriter()
                .put("tokenizer.chat_template", "its own")
                .put("tokenizer.ggml.tokens", new String[] {"<unk>", "<bos>"})
                .put("tokenizer.ggml.bos_token_id", 1));
    String source = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}";
    assertThat(ChatTemplate.of(file, Path.of("a.jinja"), source).render(HI, false))
        .isEqualTo("<bos>Hi");
    assertThatExceptionOfType(ModelFileException.class)
        .isThrownBy(
            () -> ChatTemplate.of(file, Path.of("a.jinja"), "\n{{ 1 | no }}").render(HI, false))
        .withMessage("a.jinja: line 2 column 8: unknown filter 'no'");
    String longest = "x".repeat((1 << 20) + 1);
    assertThatExceptionOfType(ModelFileException.class)
        .isThrownBy(() -> ChatTemplate.of(file, Path.of("a.jinja"), longest).render(HI, false))
        .withMessage("a.jinja: template: 1048577 characters: expected at most 1048576");
  }

  @Test
  void rolesHaveTemplateNames() {
    ChatTemplate template =
        ChatTemplate.parse("{% for m in messages %}{{ m.role }} {% endfor %}", "", "");
    List<ChatMessage> all = new ArrayList<>();
    for (Role role : Role.values()) {
      all.add(new ChatMessage(role, ""));
    }
    assertThat(template.render(all, false)).isEqualTo("system user assistant tool ");
  }

  @Test
  void rendersConcurrently() throws Exception {
    ChatTemplate template =
        ChatTemplate.parse(
            "{% set ns = namespace(t='') %}{% for m in messages %}"
                + "{% set ns.t = ns.t ~ m.content %}{% endfor %}{{ ns.t }}",
            "", "");
    try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<Future<String>> results = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        List<ChatMessage> messages =
            List.of(ChatMessage.user("a" + i), ChatMessage.assistant("b" + i));
        Callable<String> task = () -> template.render(messages, true);
        results.add(pool.submit(task));
      }
      for (int i = 0; i < 40; i++) {
        assertThat(results.get(i).get()).isEqualTo("a" + i + "b" + i);
      }
    }
  }

  /** The template engine is loaded when a template is first rendered. */
  @Test
  void parsingDoesNotLoadTemplateEngine() throws Exception {
    RecordingLoader loader = new RecordingLoader();
    Class<?> fresh = loader.loadClass(ChatTemplate.class.getName());
    fresh
        .getMethod("parse", String.class, String.class, String.class)
        .invoke(null, "{{ messages }}", "", "");
    assertThat(loader.requested).contains(ChatTemplate.class.getName());
    assertThat(loader.requested)
        .noneMatch(name -> name.matches("dev.myelin.chat.template.(Template|Lexer|Parser)"));
  }

  /** Defines Myelin's classes itself, and records the requested names. */
  private static final class RecordingLoader extends ClassLoader {
    final List<String> requested = new ArrayList<>();

    RecordingLoader() {
      super(ChatTemplateTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      requested.add(name);
      if (!name.startsWith("dev.myelin.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  private static GgufFile file(GgufWriter writer) {
    return GgufFile.of(Path.of("m.gguf"), writer.toBytes());
  }
}
