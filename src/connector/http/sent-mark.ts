import type { Dispatcher } from 'undici';

/**
 * Calls `onSent` when the first byte of a request is about to be put on a socket: before that moment nothing can have
 * happened at the other side, after it everything can.
 */
export function markingSent(onSent: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, next) =>
    dispatch(options, {
      onRequestStart: (controller, context) => {
        onSent();
        next.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...event) => next.onRequestUpgrade?.(...event),
      onResponseStart: (...event) => next.onResponseStart?.(...event),
      onResponseData: (...event) => next.onResponseData?.(...event),
      onResponseEnd: (...event) => next.onResponseEnd?.(...event),
      onResponseError: (...event) => next.onResponseError?.(...event),
    });
}
