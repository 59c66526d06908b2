import { createTheme, Modal } from '@mantine/core';

/** What Mantine's components must know in code; colours and type are in theme.css. */
export const theme = createTheme({
  primaryColor: 'indigo',
  respectReducedMotion: true,
  components: {
    // The lock on scrolling would put a <style> element into the page, which the Content-Security-Policy refuses.
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true } }),
  },
});
