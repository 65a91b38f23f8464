package dev.myelin.inspect;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The components of a model, recognized by the tensor names of the GGUF specification. Immutable
 * and thread-safe.
 */
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

  /** Tried in this order on a tensor's name within its layer. */
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

  private record Rule(Component component, Pattern pattern) {}

  private static Rule rule(Component component, String pattern) {
    return new Rule(component, Pattern.compile(pattern));
  }

  /** The name in text and JSON output: {@code feed-forward}. */
  public String label() {
    return label;
  }

  static Component of(TensorName name) {
    for (Rule rule : RULES) {
      if (rule.pattern.matcher(name.local()).matches()) {
        return rule.component;
      }
    }
    return OTHER;
  }
}
