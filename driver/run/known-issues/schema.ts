import { z } from 'zod';

const words = z.string().trim().min(1);

/** One entry of known-issues.yaml. */
const issueSchema = z
  .strictObject({
    scenario: words
      .describe('Which scenario: its id (with or without matrix values), file or name')
      .meta({ examples: ['removes-raid-lvm-residue'] }),
    step: words
      .optional()
      .describe('Only a failure of the step with this title; default: any step, and the boot')
      .meta({ examples: ['the disks hold nothing'] }),
    message: words
      .optional()
      .describe('Only a failure whose message, expected or got contains this text')
      .meta({ examples: ['residue-marker'] }),
    owner: words.describe('Who looks after it').meta({ examples: ['storage team'] }),
    reason: words
      .describe('Why it is tolerated: best with the number of an issue')
      .meta({ examples: ['the marker survives the removal, bug 12'] }),
    expires: z.iso
      .date()
      .describe('Last day on which it is tolerated (UTC); from the next day on it fails the run')
      .meta({ examples: ['2030-06-30'] }),
    intermittent: z
      .boolean()
      .optional()
      .describe(
        'true: the scenario may also pass. Default false: an entry without its failure is an error',
      ),
  })
  .describe('A failure that is known and tolerated until a day');

/** The file as a whole. */
export const knownIssuesSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this format'),
    issues: z.array(issueSchema).describe('The known failures'),
  })
  .describe('Failures that are known and tolerated until a day');

/** One entry as it is written. */
export type WrittenIssue = z.infer<typeof issueSchema>;

/** JSON Schema (draft 2020-12) of known-issues.yaml, for editors; ends in a newline. */
export function knownIssuesJsonSchema(): string {
  const generated = z.toJSONSchema(knownIssuesSchema, { target: 'draft-2020-12', io: 'input' });
  return `${JSON.stringify({ ...generated, title: 'known-issues.yaml' }, null, 2)}\n`;
}
