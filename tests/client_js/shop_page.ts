// What a shop's TypeScript may write; only its types are checked.

import { Lookalike, LookalikeError, shrinkPhoto } from 'lookalike-client';
import type { SimilarItem, SimilarItems } from 'lookalike-client';

export async function search(file: File): Promise<string[]> {
  const client = new Lookalike({ url: 'https://search.shop.example', key: 'pk', retries: 1 });
  const { blob, canvas } = await shrinkPhoto(file);
  canvas?.remove();
  try {
    const answer: SimilarItems = await client.similarToPhoto(blob, { limit: 24, filter: 'gender:Women', shrink: false });
    const first: SimilarItem | undefined = answer.items[0];
    const pictures = answer.items.map((item) => client.pictureUrl(item, { width: 320 }));
    for await (const page of client.pages(answer)) pictures.push(...page.items.map((item) => item.image_url));
    return first ? [first.id, ...pictures] : pictures;
  } catch (error) {
    if (error instanceof LookalikeError && error.code === 'rate_limited') return [String(error.retryAfterS)];
    throw error;
  }
}

// @ts-expect-error a width that is not made
export const wrong = (item: SimilarItem) => new Lookalike({ url: '' }).pictureUrl(item, { width: 300 });
