package dev.myelin.plan;

import static dev.myelin.plan.DecoderShape.Feature.BIASES;
import static dev.myelin.plan.DecoderShape.Feature.FUSED_GATE_UP;
import static dev.myelin.plan.DecoderShape.Feature.FUSED_QKV;
import static dev.myelin.plan.DecoderShape.Feature.NO_FINAL_NORM;
import static dev.myelin.plan.DecoderShape.Feature.POST_NORMS;
import static dev.myelin.plan.DecoderShape.Feature.QKV_BIASES;
import static dev.myelin.plan.DecoderShape.Feature.QK_NORMS;
import static dev.myelin.plan.DecoderShape.Feature.SINKS;
import static dev.myelin.plan.DecoderShape.Feature.TIED;
import static dev.myelin.plan.DecoderShape.gpt2Like;
import static dev.myelin.plan.DecoderShape.llamaLike;

import dev.myelin.plan.DecoderShape.Experts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Published models and their shapes. A new one is a line here; a test checks its count. Stateless
 * and thread-safe.
 */
public final class KnownModels {
  private static final List<KnownModel> ALL = new ArrayList<>();

  private static final String HF = "https://huggingface.co/";
  private static final String PAPER = "https://arxiv.org/abs/";

  private static void addDense(String name, String published, DecoderShape shape, String source) {
    ALL.add(new KnownModel(name, published, "", shape, source));
  }

  private static void addMoe(
      String name, String published, String active, DecoderShape shape, String source) {
    ALL.add(new KnownModel(name, published, active, shape, source));
  }

  static {
    addGpt();
    addLlama();
    addMistral();
    addQwen();
    addGemma();
    addPhi();
    addSmall();
    addMoes();
  }

  private KnownModels() {}

  /** All models, grouped by family. */
  public static List<KnownModel> all() {
    return List.copyOf(ALL);
  }

  /** Finds a model by name, ignoring case, spaces, dots and dashes. */
  public static Optional<KnownModel> find(String name) {
    return ALL.stream().filter(m -> m.hasName(name)).findFirst();
  }

  private static void addGpt() {
    String one = HF + "openai-community/openai-gpt";
    String two = "https://github.com/openai/gpt-2";
    String three = PAPER + "2005.14165";
    addDense("GPT-1 117M", "117M", gpt2Like(12, 768, 12, 40_478, 512).with(NO_FINAL_NORM), one);
    addDense("GPT-2 124M", "124M", gpt2Like(12, 768, 12, 50_257, 1024), two);
    addDense("GPT-2 355M", "355M", gpt2Like(24, 1024, 16, 50_257, 1024), two);
    addDense("GPT-2 774M", "774M", gpt2Like(36, 1280, 20, 50_257, 1024), two);
    addDense("GPT-2 1.5B", "1558M", gpt2Like(48, 1600, 25, 50_257, 1024), two);
    addDense("GPT-3 6.7B", "6.7B", gpt2Like(32, 4096, 32, 50_257, 2048), three);
    addDense("GPT-3 175B", "175B", gpt2Like(96, 12_288, 96, 50_257, 2048), three);
  }

  private static DecoderShape llama3(int layers, int width, int heads, int feedForward) {
    return llamaLike(layers, width, heads, feedForward, 128_256).kvHeads(8).context(131_072);
  }

  private static void addLlama() {
    String one = PAPER + "2302.13971";
    addDense("Llama 7B", "6.7B", llamaLike(32, 4096, 32, 11_008, 32_000).context(2048), one);
    addDense("Llama 13B", "13.0B", llamaLike(40, 5120, 40, 13_824, 32_000).context(2048), one);
    addDense("Llama 33B", "32.5B", llamaLike(60, 6656, 52, 17_920, 32_000).context(2048), one);
    addDense("Llama 65B", "65.2B", llamaLike(80, 8192, 64, 22_016, 32_000).context(2048), one);

    String two = PAPER + "2307.09288";
    DecoderShape grouped = llamaLike(80, 8192, 64, 28_672, 32_000).kvHeads(8);
    addDense("Llama 2 7B", "7B", llamaLike(32, 4096, 32, 11_008, 32_000).context(4096), two);
    addDense("Llama 2 13B", "13B", llamaLike(40, 5120, 40, 13_824, 32_000).context(4096), two);
    addDense("Llama 2 70B", "69B", grouped.context(4096), two);

    String three = HF + "meta-llama/Meta-Llama-3-";
    addDense("Llama 3 8B", "8.03B", llama3(32, 4096, 32, 14_336).context(8192), three + "8B");
    addDense("Llama 3 70B", "70.6B", llama3(80, 8192, 64, 28_672).context(8192), three + "70B");
    String herd = HF + "meta-llama/Llama-3.";
    addDense("Llama 3.1 8B", "8.03B", llama3(32, 4096, 32, 14_336), herd + "1-8B");
    addDense("Llama 3.1 70B", "70.6B", llama3(80, 8192, 64, 28_672), herd + "1-70B");
    addDense("Llama 3.1 405B", "406B", llama3(126, 16_384, 128, 53_248), herd + "1-405B");
    addDense("Llama 3.2 1B", "1.24B", llama3(16, 2048, 32, 8192).with(TIED), herd + "2-1B");
    addDense("Llama 3.2 3B", "3.21B", llama3(28, 3072, 24, 8192).with(TIED), herd + "2-3B");
    addDense("Llama 3.3 70B", "70.6B", llama3(80, 8192, 64, 28_672), herd + "3-70B-Instruct");
  }

  private static void addMistral() {
    String hf = HF + "mistralai/";
    DecoderShape seven = llamaLike(32, 4096, 32, 14_336, 32_000).kvHeads(8).context(32_768);
    DecoderShape third = llamaLike(32, 4096, 32, 14_336, 32_768).kvHeads(8).context(32_768);
    addDense("Mistral 7B v0.1", "7.24B", seven.window(4096, 0), hf + "Mistral-7B-v0.1");
    addDense("Mistral 7B v0.3", "7.25B", third, hf + "Mistral-7B-v0.3");
    addDense(
        "Mistral Nemo 12B",
        "12.2B",
        llamaLike(40, 5120, 32, 14_336, 131_072).heads(32, 8, 128).context(131_072),
        hf + "Mistral-Nemo-Base-2407");
    addDense(
        "Mistral Small 24B",
        "23.6B",
        llamaLike(40, 5120, 32, 32_768, 131_072).heads(32, 8, 128).context(32_768),
        hf + "Mistral-Small-24B-Base-2501");
  }

  private static DecoderShape qwen2(
      int layers, int width, int heads, int kvHeads, int feedForward) {
    int vocabulary = width < 3584 ? 151_936 : 152_064;
    DecoderShape shape = llamaLike(layers, width, heads, feedForward, vocabulary);
    return shape.kvHeads(kvHeads).context(32_768).with(QKV_BIASES);
  }

  private static DecoderShape qwen3(int layers, int width, int heads, int feedForward) {
    DecoderShape shape = llamaLike(layers, width, heads, feedForward, 151_936);
    return shape.heads(heads, 8, 128).context(40_960).with(QK_NORMS);
  }

  private static void addQwen() {
    String two = HF + "Qwen/Qwen2-";
    addDense("Qwen2 0.5B", "0.49B", qwen2(24, 896, 14, 2, 4864).with(TIED), two + "0.5B");
    addDense("Qwen2 1.5B", "1.54B", qwen2(28, 1536, 12, 2, 8960).with(TIED), two + "1.5B");
    addDense("Qwen2 7B", "7.62B", qwen2(28, 3584, 28, 4, 18_944), two + "7B");
    addDense("Qwen2 72B", "72.7B", qwen2(80, 8192, 64, 8, 29_568), two + "72B");
    String half = HF + "Qwen/Qwen2.5-";
    addDense("Qwen2.5 0.5B", "0.49B", qwen2(24, 896, 14, 2, 4864).with(TIED), half + "0.5B");
    addDense("Qwen2.5 1.5B", "1.54B", qwen2(28, 1536, 12, 2, 8960).with(TIED), half + "1.5B");
    addDense("Qwen2.5 3B", "3.09B", qwen2(36, 2048, 16, 2, 11_008).with(TIED), half + "3B");
    addDense("Qwen2.5 7B", "7.62B", qwen2(28, 3584, 28, 4, 18_944), half + "7B");
    addDense("Qwen2.5 14B", "14.8B", qwen2(48, 5120, 40, 8, 13_824), half + "14B");
    addDense("Qwen2.5 32B", "32.8B", qwen2(64, 5120, 40, 8, 27_648), half + "32B");
    addDense("Qwen2.5 72B", "72.7B", qwen2(80, 8192, 64, 8, 29_568), half + "72B");
    String three = HF + "Qwen/Qwen3-";
    addDense("Qwen3 0.6B", "0.6B", qwen3(28, 1024, 16, 3072).with(TIED), three + "0.6B");
    addDense("Qwen3 1.7B", "1.7B", qwen3(28, 2048, 16, 6144).with(TIED), three + "1.7B");
    addDense("Qwen3 4B", "4.0B", qwen3(36, 2560, 32, 9728).with(TIED), three + "4B");
    addDense("Qwen3 8B", "8.2B", qwen3(36, 4096, 32, 12_288), three + "8B");
    addDense("Qwen3 14B", "14.8B", qwen3(40, 5120, 40, 17_408), three + "14B");
    addDense("Qwen3 32B", "32.8B", qwen3(64, 5120, 64, 25_600), three + "32B");
  }

  private static DecoderShape gemma2(int layers, int width, int feedForward) {
    DecoderShape shape = llamaLike(layers, width, 8, feedForward, 256_000).context(8192);
    return shape.window(4096, 2).with(TIED, POST_NORMS);
  }

  private static DecoderShape gemma3(
      int layers, int width, int feedForward, int vocabulary, int window) {
    DecoderShape shape = llamaLike(layers, width, 1, feedForward, vocabulary).context(131_072);
    return shape.window(window, 6).with(TIED, POST_NORMS, QK_NORMS);
  }

  private static void addGemma() {
    String one = PAPER + "2403.08295";
    DecoderShape two = llamaLike(18, 2048, 8, 16_384, 256_000).kvHeads(1).context(8192).with(TIED);
    DecoderShape seven =
        llamaLike(28, 3072, 16, 24_576, 256_000).headSize(256).context(8192).with(TIED);
    addDense("Gemma 2B", "2.51B", two, one);
    addDense("Gemma 7B", "8.54B", seven, one);
    String second = PAPER + "2408.00118";
    addDense("Gemma 2 2B", "2.61B", gemma2(26, 2304, 9216).heads(8, 4, 256), second);
    addDense("Gemma 2 9B", "9.24B", gemma2(42, 3584, 14_336).heads(16, 8, 256), second);
    addDense("Gemma 2 27B", "27.2B", gemma2(46, 4608, 36_864).heads(32, 16, 128), second);
    String third = PAPER + "2503.19786"; // text models only: without the image encoder's 417M
    DecoderShape tiny = gemma3(18, 640, 2048, 262_144, 512).context(32_768).heads(4, 1, 256);
    DecoderShape small = gemma3(26, 1152, 6912, 262_144, 512).context(32_768).heads(4, 1, 256);
    addDense("Gemma 3 270M", "268M", tiny, HF + "google/gemma-3-270m");
    addDense("Gemma 3 1B", "1.00B", small, third);
    addDense(
        "Gemma 3 4B", "3.88B", gemma3(34, 2560, 10_240, 262_208, 1024).heads(8, 4, 256), third);
    addDense(
        "Gemma 3 12B", "11.8B", gemma3(48, 3840, 15_360, 262_208, 1024).heads(16, 8, 256), third);
    addDense(
        "Gemma 3 27B", "27.0B", gemma3(62, 5376, 21_504, 262_208, 1024).heads(32, 16, 128), third);
  }

  private static void addPhi() {
    String three = HF + "microsoft/Phi-3-";
    DecoderShape mini = llamaLike(32, 3072, 32, 8192, 32_064).context(4096).window(2047, 0);
    DecoderShape medium = llamaLike(40, 5120, 40, 17_920, 32_064).kvHeads(10).context(4096);
    DecoderShape four = llamaLike(40, 5120, 40, 17_920, 100_352).kvHeads(10).context(16_384);
    DecoderShape fourMini = llamaLike(32, 3072, 24, 8192, 200_064).kvHeads(8).context(131_072);
    addDense(
        "Phi-3 mini 3.8B",
        "3.82B",
        mini.with(FUSED_QKV, FUSED_GATE_UP),
        three + "mini-4k-instruct");
    addDense(
        "Phi-3 medium 14B",
        "14.0B",
        medium.window(2047, 0).with(FUSED_QKV, FUSED_GATE_UP),
        three + "medium-4k-instruct");
    addDense("Phi-4 14B", "14.7B", four.with(FUSED_QKV, FUSED_GATE_UP), HF + "microsoft/phi-4");
    addDense(
        "Phi-4 mini 3.8B",
        "3.84B",
        fourMini.with(FUSED_QKV, FUSED_GATE_UP, TIED),
        HF + "microsoft/Phi-4-mini-instruct");
  }

  private static void addSmall() {
    String smol = HF + "HuggingFaceTB/SmolLM2-";
    DecoderShape tiny = llamaLike(22, 2048, 32, 5632, 32_000).kvHeads(4).context(2048);
    DecoderShape first = llamaLike(30, 576, 9, 1536, 49_152).kvHeads(3).context(8192).with(TIED);
    DecoderShape second = llamaLike(32, 960, 15, 2560, 49_152).kvHeads(5).context(8192).with(TIED);
    DecoderShape third = llamaLike(24, 2048, 32, 8192, 49_152).context(8192).with(TIED);
    addDense("TinyLlama 1.1B", "1.10B", tiny, HF + "TinyLlama/TinyLlama-1.1B-Chat-v1.0");
    addDense("SmolLM2 135M", "135M", first, smol + "135M");
    addDense("SmolLM2 360M", "362M", second, smol + "360M");
    addDense("SmolLM2 1.7B", "1.71B", third, smol + "1.7B");
  }

  private static void addMoes() {
    DecoderShape eight = llamaLike(32, 4096, 32, 14_336, 32_000).kvHeads(8).context(32_768);
    DecoderShape large = llamaLike(56, 6144, 48, 16_384, 32_000).kvHeads(8).context(65_536);
    String mixtral = HF + "mistralai/Mixtral-8x";
    addMoe("Mixtral 8x7B", "46.7B", "12.9B", eight.experts(8, 2, 14_336), mixtral + "7B-v0.1");
    addMoe("Mixtral 8x22B", "141B", "39B", large.experts(8, 2, 16_384), mixtral + "22B-v0.1");

    String qwen = HF + "Qwen/Qwen3-";
    DecoderShape thirty = qwen3(48, 2048, 32, 6144).heads(32, 4, 128);
    DecoderShape flagship = qwen3(94, 4096, 64, 12_288).heads(64, 4, 128);
    addMoe("Qwen3 30B-A3B", "30.5B", "3.3B", thirty.experts(128, 8, 768), qwen + "30B-A3B");
    addMoe("Qwen3 235B-A22B", "235B", "22B", flagship.experts(128, 8, 1536), qwen + "235B-A22B");

    DecoderShape lite =
        llamaLike(27, 2048, 16, 10_944, 102_400).context(32_768).mla(0, 512, 128, 64, 128);
    DecoderShape two =
        llamaLike(60, 5120, 128, 12_288, 102_400).context(131_072).mla(1536, 512, 128, 64, 128);
    DecoderShape three =
        llamaLike(61, 7168, 128, 18_432, 129_280).context(131_072).mla(1536, 512, 128, 64, 128);
    addMoe(
        "DeepSeek-V2-Lite 16B",
        "15.7B",
        "2.4B",
        lite.experts(new Experts(64, 6, 2, 1408, 1)),
        PAPER + "2405.04434");
    addMoe(
        "DeepSeek-V2 236B",
        "236B",
        "21B",
        two.experts(new Experts(160, 6, 2, 1536, 1)),
        PAPER + "2405.04434");
    addMoe(
        "DeepSeek-V3 671B",
        "671B",
        "37B",
        three.experts(new Experts(256, 8, 1, 2048, 3)),
        PAPER + "2412.19437");

    DecoderShape oss = llamaLike(24, 2880, 64, 2880, 201_088).heads(64, 8, 64).context(131_072);
    DecoderShape big = llamaLike(36, 2880, 64, 2880, 201_088).heads(64, 8, 64).context(131_072);
    addMoe(
        "gpt-oss 20B",
        "20.91B",
        "3.61B",
        oss.experts(32, 4, 2880).window(128, 2).with(BIASES, SINKS),
        PAPER + "2508.10925");
    addMoe(
        "gpt-oss 120B",
        "116.83B",
        "5.13B",
        big.experts(128, 4, 2880).window(128, 2).with(BIASES, SINKS),
        PAPER + "2508.10925");
  }
}
