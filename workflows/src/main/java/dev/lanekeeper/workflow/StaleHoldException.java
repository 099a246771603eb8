package dev.lanekeeper.workflow;

/**
 * Why an answer is refused that is to another hold than the one at which the lane waits, or to none
 * at all. By its name a client tells it from an answer that is wrong in itself.
 */
final class StaleHoldException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  StaleHoldException(String sentence) {
    super(sentence);
  }
}
