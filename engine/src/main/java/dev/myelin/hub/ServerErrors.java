package dev.myelin.hub;

/** What a server's error status means for the user. */
final class ServerErrors {
  private ServerErrors() {}

  /**
   * @param subject the model or file that was asked for
   */
  static HubException of(Response response, String subject, boolean hasToken) {
    String host = response.uri().getHost();
    String code = response.endpointHeader("x-error-code").orElse("");
    String problem =
        switch (response.status()) {
          case 401, 403 ->
              code.equals("GatedRepo")
                  ? "its authors ask for consent on the web page, then for a token in HF_TOKEN"
                  : hasToken
                      ? "not found, or the token in HF_TOKEN does not give access"
                      : "not found, or private: a token goes into HF_TOKEN";
          case 404 -> "not found";
          case 429 -> "too many requests, try again later";
          default -> "status " + response.status();
        };
    return new HubException(subject + ": " + host + ": " + problem);
  }
}
