package dev.myelin.chat;

import static dev.myelin.chat.ChatMessage.assistant;
import static dev.myelin.chat.ChatMessage.system;
import static dev.myelin.chat.ChatMessage.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.myelin.error.InvalidRequestException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The common prompt formats. Each has a short template that uses the same features as the published
 * one.
 */
class ChatFormatsTest {
  private static final List<ChatMessage> CONVERSATION =
      List.of(system("Be brief."), user("Hi"), assistant("Hello!"), user(" And now? "));

  @Test
  void chatMl() {
    String template =
        """
        {% for m in messages %}
        {% if loop.first and m.role != 'system' %}
        {{ '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}{% endif %}
        {{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}
        {% if add_generation_prompt %}
        {{ '<|im_start|>assistant\\n' }}{% endif %}
        """;
    assertThat(render(template, CONVERSATION, true))
        .isEqualTo(
            """
            <|im_start|>system
            Be brief.<|im_end|>
            <|im_start|>user
            Hi<|im_end|>
            <|im_start|>assistant
            Hello!<|im_end|>
            <|im_start|>user
             And now? <|im_end|>
            <|im_start|>assistant
            """);
    assertThat(render(template, List.of(user("Hi")), false))
        .isEqualTo(
            """
            <|im_start|>system
            You are helpful.<|im_end|>
            <|im_start|>user
            Hi<|im_end|>
            """);
  }

  /** As Qwen3: searches backwards for the last user message; drops thinking before it. */
  @Test
  void keepsThinkingOnlyAfterLastUserMessage() {
    String template =
        """
        {%- set ns = namespace(searching=true, last=messages|length - 1) %}
        {%- for message in messages[::-1] %}
            {%- set index = (messages|length - 1) - loop.index0 %}
            {%- if ns.searching and message.role == "user" and message.content is string \
        and not (message.content.startswith('<tool_response>') \
        and message.content.endswith('</tool_response>')) %}
                {%- set ns.searching = false %}
                {%- set ns.last = index %}
            {%- endif %}
        {%- endfor %}
        {%- for message in messages %}
            {%- if message.role == "assistant" %}
                {%- set content = message.content %}
                {%- set thought = '' %}
                {%- if '</think>' in content %}
                    {%- set thought = content.split('</think>')[0].rstrip('\\n')\
        .split('<think>')[-1].lstrip('\\n') %}
                    {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
                {%- endif %}
                {%- if loop.index0 > ns.last and (loop.last or thought) %}
                    {{- '<a><think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' + content }}
                {%- else %}
                    {{- '<a>' + content }}
                {%- endif %}
            {%- else %}
                {{- '<' ~ message.role[0] ~ '>' ~ message.content }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<a>' }}
            {%- if enable_thinking is defined and enable_thinking is false %}
                {{- '<think>\\n\\n</think>\\n\\n' }}
            {%- endif %}
        {%- endif %}\
        """;
    ChatMessage thoughtful = assistant("<think>\nhm\n</think>\n\nYes.");
    assertThat(render(template, List.of(user("A"), thoughtful, user("B")), true))
        .isEqualTo("<u>A<a>Yes.<u>B<a>");
    assertThat(render(template, List.of(user("A"), thoughtful), false))
        .isEqualTo("<u>A<a><think>\nhm\n</think>\n\nYes.");
    assertThat(
            template(template).render(List.of(user("A")), true, Map.of("enable_thinking", false)))
        .isEqualTo("<u>A<a><think>\n\n</think>\n\n");
  }

  @Test
  void llama2() {
    String template =
        "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}"
            + "{% set sys = messages[0]['content'] %}{% else %}{% set rest = messages %}"
            + "{% set sys = false %}{% endif %}{% for message in rest %}"
            + "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
            + "{{ raise_exception('Roles must alternate') }}{% endif %}"
            + "{% if loop.index0 == 0 and sys != false %}"
            + "{% set content = '<<SYS>>\\n' + sys + '\\n<</SYS>>\\n\\n' + message['content'] %}"
            + "{% else %}{% set content = message['content'] %}{% endif %}"
            + "{% if message['role'] == 'user' %}"
            + "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
            + "{% elif message['role'] == 'assistant' %}"
            + "{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";
    assertThat(render(template, CONVERSATION, true))
        .isEqualTo(
            "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s>"
                + "<s>[INST] And now? [/INST]");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> render(template, List.of(user("a"), user("b")), true))
        .withMessage("the chat template refuses the messages: Roles must alternate");
  }

  @Test
  void llama3() {
    String template =
        """
        {{- bos_token }}
        {%- if custom_tools is defined %}
            {%- set tools = custom_tools %}
        {%- endif %}
        {%- if not date_string is defined %}
            {%- if strftime_now is defined %}
                {%- set date_string = strftime_now("%d %b %Y") %}
            {%- else %}
                {%- set date_string = "26 Jul 2024" %}
            {%- endif %}
        {%- endif %}
        {%- if not tools is defined %}
            {%- set tools = none %}
        {%- endif %}
        {%- if messages[0]['role'] == 'system' %}
            {%- set system_message = messages[0]['content']|trim %}
            {%- set messages = messages[1:] %}
        {%- else %}
            {%- set system_message = "" %}
        {%- endif %}
        {{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
        {%- if tools is not none %}
            {{- "Environment: ipython\\n" }}
        {%- endif %}
        {{- "Today Date: " + date_string + "\\n\\n" }}
        {%- if tools is not none %}
            {%- for t in tools %}
                {{- t | tojson(indent=4) }}
                {{- "\\n\\n" }}
            {%- endfor %}
        {%- endif %}
        {{- system_message }}
        {{- "<|eot_id|>" }}
        {%- for message in messages %}
            {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'\
        + message['content'] | trim + '<|eot_id|>' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
        {%- endif %}
        """;
    assertThat(render(template, CONVERSATION, true))
        .isEqualTo(
            "<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: 09 Mar 2031\n\n"
                + "Be brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
                + "<|start_header_id|>assistant<|end_header_id|>\n\nHello!<|eot_id|>"
                + "<|start_header_id|>user<|end_header_id|>\n\nAnd now?<|eot_id|>"
                + "<|start_header_id|>assistant<|end_header_id|>\n\n");
    Map<String, Object> more =
        Map.of("tools", List.of(Map.of("name", "clock")), "date_string", "1 May 2030");
    assertThat(template(template).render(List.of(user("Hi")), false, more))
        .isEqualTo(
            "<s><|start_header_id|>system<|end_header_id|>\n\nEnvironment: ipython\n"
                + "Today Date: 1 May 2030\n\n{\n    \"name\": \"clock\"\n}\n\n<|eot_id|>"
                + "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>");
  }

  /** As Mistral: the system prompt goes before the last user message; roles must alternate. */
  @Test
  void mistral() {
    String template =
        """
        {%- if messages[0]["role"] == "system" %}
            {%- set system_message = messages[0]["content"] %}
            {%- set loop_messages = messages[1:] %}
        {%- else %}
            {%- set loop_messages = messages %}
        {%- endif %}
        {%- set ns = namespace() %}
        {%- set ns.index = 0 %}
        {%- for message in loop_messages %}
            {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
                {{- raise_exception("Roles must alternate user/assistant/user/assistant/...") }}
            {%- endif %}
            {%- set ns.index = ns.index + 1 %}
        {%- endfor %}

        {{- bos_token }}
        {%- for message in loop_messages %}
            {%- if message["role"] == "user" %}
                {%- if loop.last and system_message is defined %}
                    {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
                {%- else %}
                    {{- "[INST] " + message["content"] + "[/INST]" }}
                {%- endif %}
            {%- elif message["role"] == "assistant" %}
                {{- " " + message["content"]|trim + eos_token }}
            {%- else %}
                {{- raise_exception("Only user and assistant roles are supported!") }}
            {%- endif %}
        {%- endfor %}
        """;
    assertThat(render(template, CONVERSATION, true))
        .isEqualTo("<s>[INST] Hi[/INST] Hello!</s>[INST] Be brief.\n\n And now? [/INST]");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> render(template, List.of(assistant("a")), true))
        .withMessageEndingWith("Roles must alternate user/assistant/user/assistant/...");
  }

  @Test
  void gemma() {
    String template =
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
            + "{{ raise_exception('System role not supported') }}{% endif %}"
            + "{% for message in messages %}{% if (message['role'] == 'assistant') %}"
            + "{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
            + "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim"
            + " + '<end_of_turn>\\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}";
    assertThat(render(template, CONVERSATION.subList(1, 4), true))
        .isEqualTo(
            """
            <s><start_of_turn>user
            Hi<end_of_turn>
            <start_of_turn>model
            Hello!<end_of_turn>
            <start_of_turn>user
            And now?<end_of_turn>
            <start_of_turn>model
            """);
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> render(template, CONVERSATION, true))
        .withMessageEndingWith("System role not supported");
  }

  @Test
  void phi() {
    String template =
        "{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}"
            + "{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}"
            + "{% elif message['role'] == 'user' %}"
            + "{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}"
            + "{% elif message['role'] == 'assistant' %}"
            + "{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}"
            + "{% else %}{{ eos_token }}{% endif %}";
    assertThat(render(template, CONVERSATION, false))
        .isEqualTo(
            "<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello!<|end|>\n"
                + "<|user|>\n And now? <|end|>\n</s>");
  }

  /** As DeepSeek: collects the system prompts first, and removes thinking. */
  @Test
  void deepseek() {
    String template =
        "{% if not add_generation_prompt is defined %}"
            + "{% set add_generation_prompt = false %}{% endif %}"
            + "{% set ns = namespace(is_first=true, system_prompt='') %}"
            + "{%- for message in messages %}{%- if message['role'] == 'system' %}"
            + "{%- if ns.is_first %}"
            + "{% set ns.system_prompt = ns.system_prompt + message['content'] %}"
            + "{% set ns.is_first = false %}{%- else %}"
            + "{% set ns.system_prompt = ns.system_prompt + '\\n\\n' + message['content'] %}"
            + "{%- endif %}{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system_prompt }}"
            + "{%- for message in messages %}{%- if message['role'] == 'user' %}"
            + "{{'<｜User｜>' + message['content']}}{%- endif %}"
            + "{%- if message['role'] == 'assistant' and message['content'] is not none %}"
            + "{% set content = message['content'] %}{% if '</think>' in content %}"
            + "{% set content = content.split('</think>')[-1] %}{% endif %}"
            + "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}"
            + "{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}";
    List<ChatMessage> messages =
        List.of(
            system("One."), system("Two."), user("Hi"), assistant("<think>x</think>Yo"), user("?"));
    assertThat(render(template, messages, true))
        .isEqualTo(
            "<s>One.\n\nTwo.<｜User｜>Hi<｜Assistant｜>Yo<｜end▁of▁sentence｜><｜User｜>?"
                + "<｜Assistant｜><think>\n");
  }

  @Test
  void commandR() {
    String template =
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
            + "{% set loop_messages = messages[1:] %}"
            + "{% set system_message = messages[0]['content'] %}"
            + "{% elif false == true %}{% set loop_messages = messages %}"
            + "{% else %}{% set loop_messages = messages %}{% set system_message = false %}"
            + "{% endif %}{% if system_message != false %}"
            + "{{ '<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>' + system_message"
            + " + '<|END_OF_TURN_TOKEN|>' }}{% endif %}"
            + "{% for message in loop_messages %}{% set content = message['content'] %}"
            + "{{ '<|START_OF_TURN_TOKEN|><|' + ('USER' if message['role'] == 'user'"
            + " else 'CHATBOT') + '_TOKEN|>' + content.strip() + '<|END_OF_TURN_TOKEN|>' }}"
            + "{% endfor %}{% if add_generation_prompt %}"
            + "{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' }}{% endif %}";
    assertThat(render(template, CONVERSATION, true))
        .isEqualTo(
            "<s><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>Be brief.<|END_OF_TURN_TOKEN|>"
                + "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Hi<|END_OF_TURN_TOKEN|>"
                + "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>Hello!<|END_OF_TURN_TOKEN|>"
                + "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>And now?<|END_OF_TURN_TOKEN|>"
                + "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>");
  }

  /** As Granite: a default system message with the date, documents, and a macro. */
  @Test
  void granite() {
    String template =
        """
        {%- macro turn(role, content='') -%}
        {{ '<|start_of_role|>' ~ role ~ '<|end_of_role|>' ~ content }}
        {%- endmacro -%}
        {%- if messages[0]['role'] == 'system' %}
          {%- set system_message = messages[0]['content'] %}
          {%- set loop_messages = messages[1:] %}
        {%- else %}
          {%- set system_message = "Today's Date: " + strftime_now('%B %d, %Y') + "." %}
          {%- set loop_messages = messages %}
        {%- endif %}
        {{- turn('system', system_message) + '<|end_of_text|>\\n' }}
        {%- if documents %}
          {%- for document in documents %}
            {{- turn('document ' + {"document_id": loop.index} | tojson) + '\\n' }}
            {{- document['text'] + '<|end_of_text|>\\n' }}
          {%- endfor %}
        {%- endif %}
        {%- for message in loop_messages %}
          {{- turn(message['role'], content=message['content']) + '<|end_of_text|>\\n' }}
          {%- if loop.last and add_generation_prompt %}
            {{- turn('assistant') }}
          {%- endif %}
        {%- endfor %}
        """;
    Map<String, Object> more = Map.of("documents", List.of(Map.of("text", "Facts.")));
    assertThat(template(template).render(List.of(user("Hi")), true, more))
        .isEqualTo(
            """
            <|start_of_role|>system<|end_of_role|>Today's Date: March 09, 2031.<|end_of_text|>
            <|start_of_role|>document {"document_id": 1}<|end_of_role|>
            Facts.<|end_of_text|>
            <|start_of_role|>user<|end_of_role|>Hi<|end_of_text|>
            <|start_of_role|>assistant<|end_of_role|>\
            """);
  }

  @Test
  void zephyr() {
    String template =
        """
        {% for message in messages %}
        {% if message['role'] == 'user' %}
        {{ '<|user|>\\n' + message['content'] + eos_token }}
        {% elif message['role'] == 'system' %}
        {{ '<|system|>\\n' + message['content'] + eos_token }}
        {% elif message['role'] == 'assistant' %}
        {{ '<|assistant|>\\n'  + message['content'] + eos_token }}
        {% endif %}
        {% if loop.last and add_generation_prompt %}
        {{ '<|assistant|>' }}
        {% endif %}
        {% endfor %}
        """;
    assertThat(render(template, CONVERSATION, true))
        .isEqualTo(
            """
            <|system|>
            Be brief.</s>
            <|user|>
            Hi</s>
            <|assistant|>
            Hello!</s>
            <|user|>
             And now? </s>
            <|assistant|>
            """);
  }

  /** Tools, passed as variables. */
  @Test
  void toolsAndGenerationBlock() {
    String template =
        """
        {%- for tool in tools %}
        {%- set f = tool.function if tool.function is defined else tool %}
        {{- f.name ~ '(' }}
        {%- for name, p in f.parameters.properties.items() %}
        {{- name ~ ': ' ~ p.type ~ (' = ' ~ p.default if p.default is defined) }}
        {%- if not loop.last %}, {% endif %}
        {%- endfor %}
        {{- ')' ~ (' needs ' ~ f.parameters.required | join(' ') if f.parameters.required) }}
        {% endfor %}
        {%- for m in messages if m.role in ['user', 'assistant'] %}
        {%- if loop.previtem is defined and loop.previtem.role == m.role %}{% continue %}{% endif %}
        {%- generation %}
        {{- m.role[:1] | upper }}>{{ m.content -}}
        {%- endgeneration %}
        {%- endfor %}\
        """;
    Map<String, Object> parameters =
        Map.of(
            "properties",
            Map.of("days", Map.of("type", "integer", "default", 3)),
            "required",
            List.of("days"));
    Map<String, Object> tools =
        Map.of(
            "tools",
            List.of(Map.of("function", Map.of("name", "weather", "parameters", parameters))));
    assertThat(
            template(template)
                .render(List.of(system("x"), user("a"), user("b"), assistant("c")), false, tools))
        .isEqualTo("weather(days: integer = 3) needs days\nU>aA>c");
  }

  private static String render(String template, List<ChatMessage> messages, boolean prompt) {
    return template(template).render(messages, prompt);
  }

  private static ChatTemplate template(String source) {
    Clock clock = Clock.fixed(Instant.parse("2031-03-09T08:07:06Z"), ZoneOffset.UTC);
    return new ChatTemplate(Optional.empty(), source, "<s>", "</s>", clock);
  }
}
