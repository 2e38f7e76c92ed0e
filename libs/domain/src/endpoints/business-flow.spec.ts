import { FlowTagger } from './business-flow.ts';

describe('business flows', () => {
  it.each([
    ['/v1/auth/login', ['auth']],
    ['/users/{id}/resetPassword', ['auth', 'account']],
    ['/users/{id}/invoices/{id}:download', ['account', 'billing', 'export']],
    ['/admin/users', ['account', 'admin']],
    ['/authors/{id}/books', []],
    ['/{admin}/x', []],
  ])('%s is tagged %j by whole words', (template, tags) => expect(new FlowTagger().tagsOf(template)).toEqual(tags));

  it('go by the list that is given, flow by flow', () => {
    const tagger = new FlowTagger({ billing: ['pay-out'], auth: [] });
    expect(tagger.tagsOf('/pay-out/login')).toEqual(['billing']);
    expect(tagger.tagsOf('/pay/export')).toEqual(['export']);
  });
});
