import type { Run } from "../run";
export function Network(_props: { run: Run; time: number; pool: string }) {
  return null;
}
