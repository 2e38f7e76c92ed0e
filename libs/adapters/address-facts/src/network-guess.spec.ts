import { describe, expect, it } from '@jest/globals';
import { guessNetwork } from './network-guess.ts';

describe('guessNetwork', () => {
  it.each([
    [16509, 'Amazon.com, Inc.', 'hosting'],
    [0, 'Google Cloud', 'hosting'],
    [16591, 'Google Fiber Inc.', ''],
    [0, 'MICROSOFT-CORP-MSN-AS-BLOCK Microsoft Corporation', 'hosting'],
    [14061, '', 'hosting'],
    [0, 'OVH SAS', 'hosting'],
    [0, 'Hetzner Online GmbH', 'hosting'],
    [0, 'M247 Europe SRL', 'hosting'],
    [0, 'Some Data Center LLC', 'hosting'],
    [0, 'Example Web Hosting B.V.', 'hosting'],
    [36183, 'Akamai Technologies, Inc.', 'relay'],
    [0, 'University of Twente', 'education'],
    [0, 'Universität Wien', 'education'],
    [0, 'Ministry of Finance', 'government'],
    [0, 'Comcast Cable Communications, LLC', ''],
    [0, 'Deutsche Telekom AG', ''],
    [0, 'KPN B.V.', ''],
    [0, 'Vodafone GmbH', ''],
    [0, 'Cloudberry Telecom', ''],
    [0, '', ''],
  ])('AS%i %s is "%s"', (asn, organization, expected) => {
    expect(guessNetwork(asn, organization)).toBe(expected);
  });
});
