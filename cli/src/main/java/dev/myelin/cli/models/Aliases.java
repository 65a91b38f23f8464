package dev.myelin.cli.models;

import dev.myelin.hub.Hub;
import dev.myelin.hub.StoredModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The aliases of a hub, read once.
 *
 * @param byModel the aliases of each downloaded model, by its name
 * @param others what the other aliases stand for
 */
record Aliases(Map<String, List<String>> byModel, Map<String, String> others) {
  static Aliases of(Hub hub) {
    Map<String, List<String>> byModel = new LinkedHashMap<>();
    Map<String, String> others = new LinkedHashMap<>();
    hub.aliases()
        .forEach(
            (alias, target) -> {
              Optional<StoredModel> model = hub.stored(alias);
              if (model.isPresent()) {
                byModel.computeIfAbsent(model.get().name(), _ -> new ArrayList<>()).add(alias);
              } else {
                others.put(alias, target);
              }
            });
    return new Aliases(byModel, others);
  }

  List<String> of(StoredModel model) {
    return byModel.getOrDefault(model.name(), List.of());
  }
}
