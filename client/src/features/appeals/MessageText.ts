import { h, type FunctionalComponent, type VNode } from 'vue';

import { parseMessage, type Block, type Inline } from './markdown';

interface MessageTextProps {
  text: string;
  /** Names after "@" that stand out; notes only. */
  mentions?: readonly string[];
}

/** A message's text as VNodes: the Markdown subset, mentions, never HTML. */
export const MessageText: FunctionalComponent<MessageTextProps> = ({ text, mentions = [] }) => {
  const wanted = mentions.map((name) => `@${name}`);
  return parseMessage(text).map((block, place) => blockNode(block, place, wanted));
};
MessageText.props = ['text', 'mentions'];

function blockNode(block: Block, key: number, mentions: readonly string[]): VNode {
  const inline = (parts: Inline[]) => parts.flatMap((part) => inlineNodes(part, mentions));
  switch (block.kind) {
    case 'paragraph':
      return h(
        'p',
        { key },
        block.lines.flatMap((line, place) => (place ? [h('br'), ...inline(line)] : inline(line))),
      );
    case 'code':
      return h('pre', { key, class: 'md-pre' }, [h('code', block.text)]);
    case 'quote':
      return h(
        'blockquote',
        { key, class: 'quote' },
        block.blocks.map((inner, place) => blockNode(inner, place, mentions)),
      );
    case 'list':
      return h(
        block.ordered ? 'ol' : 'ul',
        { key, class: 'md-list', start: block.ordered ? block.start : undefined },
        block.items.map((item, place) => h('li', { key: place }, inline(item))),
      );
  }
}

const TAGS = { bold: 'strong', italic: 'em', strike: 's' } as const;

function inlineNodes(part: Inline, mentions: readonly string[]): (VNode | string)[] {
  const inside = (parts: Inline[]) => parts.flatMap((inner) => inlineNodes(inner, mentions));
  switch (part.kind) {
    case 'text':
      return withMentions(part.text, mentions);
    case 'code':
      return [h('code', { class: 'md-code' }, part.text)];
    case 'link':
      return [
        h(
          'a',
          {
            class: 'link',
            href: part.href,
            target: '_blank',
            rel: 'noopener noreferrer nofollow ugc',
          },
          inside(part.inside),
        ),
      ];
    default:
      return [h(TAGS[part.kind], inside(part.inside))];
  }
}

function withMentions(text: string, mentions: readonly string[]): (VNode | string)[] {
  const hits = mentions
    .map((name) => ({ name, at: text.indexOf(name) }))
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at || b.name.length - a.name.length);
  const first = hits[0];
  if (!first) return [text];
  const rest = text.slice(first.at + first.name.length);
  return [
    text.slice(0, first.at),
    h('span', { class: 'mention' }, first.name),
    ...withMentions(rest, mentions),
  ];
}
