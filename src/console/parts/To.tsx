import { Anchor, Button } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ReactNode, Ref } from 'react';

/** Without `color`, which means something else to Mantine than to HTML. */
type LinkProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'color' | 'style'> & {
  readonly ref?: Ref<HTMLAnchorElement>;
  readonly children?: ReactNode;
};

/** A link within the console. */
export const To = createLink((props: LinkProps) => <Anchor inherit underline="always" {...props} />);

/** A link within the console that looks like a button, small and quiet. */
export const ToButton = createLink((props: LinkProps) => (
  <Button component="a" size="xs" variant="default" {...props} />
));
