package dev.myelin.inspect;

import java.util.List;
import java.util.regex.Pattern;

/** The parts of a model, told by the names that the GGUF specification gives to tensors. */
public enum Component {
  EMBEDDING("embedding"),
  POSITIONS("positions"),
  ATTENTION("attention"),
  FEED_FORWARD("feed-forward"),
  EXPERTS("experts"),
  ROUTER("router"),
  NORMS("norms"),
  OUTPUT("output"),
  OTHER("other");

  /** Asked in this order, of a tensor's name within its layer. */
  private static final List<Rule> RULES =
      List.of(
          rule(NORMS, ".*norm.*|ln[12]?\\..*|.*_ln\\..*"),
          rule(ROUTER, "ffn_gate_(inp|tid2eid).*|exp_probs_b.*"),
          rule(EXPERTS, "ffn_.*_(exps|chexps|shexp)\\..*|ffn_(gate|up|down)\\.\\d+\\..*"),
          rule(POSITIONS, "(.*\\.)?position_embd\\..*|rope_.*|attn_(rot_embd|rel_b)\\..*"),
          rule(EMBEDDING, "(.*\\.)?(\\w*token_embd|token_types|embed_tokens|patch_embd)\\..*"),
          rule(ATTENTION, "(cross_)?attn_.*|indexer.*"),
          rule(FEED_FORWARD, "ffn[_.].*|channel_mix_.*"),
          rule(OUTPUT, "output\\..*|cls[_.].*"));

  private final String label;

  Component(String label) {
    this.label = label;
  }

  private record Rule(Component component, Pattern names) {}

  private static Rule rule(Component component, String names) {
    return new Rule(component, Pattern.compile(names));
  }

  /** Its name for people and in JSON: {@code feed-forward}. */
  public String label() {
    return label;
  }

  static Component of(TensorName name) {
    for (Rule rule : RULES) {
      if (rule.names.matcher(name.local()).matches()) {
        return rule.component;
      }
    }
    return OTHER;
  }
}
