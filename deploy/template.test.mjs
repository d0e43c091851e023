// The template, checked as far as it can be without an account: AWS's own CDK reads it (unknown
// properties, broken references and circles stop it there), and what CDK does not look at is asked
// here: that roles hold deploy/grants.json and nothing wider, that nothing is without a use.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';

const kTemplate = new URL('template.yaml', import.meta.url);
const kText = readFileSync(kTemplate, 'utf8');
const kGrants = JSON.parse(readFileSync(new URL('grants.json', import.meta.url), 'utf8'));
const kBucketArn = 'arn:${AWS::Partition}:s3:::${AWS::StackName}-NAME-${AWS::AccountId}-${AWS::Region}';
const kBuckets = { source: kBucketArn.replace('NAME', 'source'), destination: kBucketArn.replace('NAME', 'resized') };

function load(text) {
  const folder = mkdtempSync(join(tmpdir(), 'imagemill-template-'));
  try {
    const templateFile = join(folder, 'template.yaml');
    writeFileSync(templateFile, text);
    const app = new App({
      outdir: join(folder, 'out'),
      analyticsReporting: false,
      context: { '@aws-cdk/core:validateAgainstDefaultRules': true },
    });
    const stack = new Stack(app, 'Stack');
    new CfnInclude(stack, 'Template', { templateFile });
    return app.synth().getStackArtifact('Stack').template;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const template = load(kText);
const resources = template.Resources;

function* walk(value, path = []) {
  yield [value, path];
  if (value === null || typeof value !== 'object') return;
  for (const [name, child] of Object.entries(value)) yield* walk(child, [...path, name]);
}

// Names that a value refers to: Ref, Fn::GetAtt, ${…} in Fn::Sub but what the Sub itself defines,
// conditions.
function referred(value) {
  const names = new Set();
  for (const [part, path] of walk(value)) {
    if (path.at(-1) === 'Ref' || path.at(-1) === 'Condition') if (typeof part === 'string') names.add(part);
    if (path.at(-1) === 'Fn::GetAtt') names.add([part].flat()[0].split('.')[0]);
    if (path.at(-1) === 'Fn::If') names.add(part[0]);
    if (path.at(-1) === 'Fn::Sub') {
      const [text, own] = [part].flat();
      for (const [, name] of text.matchAll(/\$\{([A-Za-z0-9:.]+)\}/g)) {
        if (!(name in (own ?? {}))) names.add(name.split('.')[0]);
      }
    }
    if (path.at(-1) === 'DependsOn') [part].flat().forEach((name) => names.add(name));
  }
  return names;
}

function statements(role) {
  return resources[role].Properties.Policies.flatMap((policy) => policy.PolicyDocument.Statement);
}

// What a role may do with pictures, one line a grant: "s3:PutObject destination manifests/".
function pictureGrants(role) {
  const lines = new Set();
  for (const { Action, Resource } of statements(role)) {
    for (const action of [Action].flat().filter((name) => name.startsWith('s3:'))) {
      for (const arn of [Resource].flat()) {
        const [bucket] = Object.entries(kBuckets).find(([, text]) => arn['Fn::Sub'].startsWith(text)) ?? [];
        assert.ok(bucket, `${role}: ${JSON.stringify(arn)} is neither bucket`);
        const rest = arn['Fn::Sub'].slice(kBuckets[bucket].length);
        if (action === 's3:ListBucket') assert.equal(rest, '', `${role}: ${action} is of a bucket`);
        else assert.match(rest, /^\/.*\*$/, `${role}: ${action} is of keys`);
        lines.add(`${action} ${bucket} ${rest.replace(/^\//, '').replace(/\*$/, '')}`);
      }
    }
  }
  return [...lines].sort();
}

test('CDK reads it, whatever the service itself would not', () => {
  assert.ok(Object.keys(resources).length > 30);
  const withoutText = kText.replace(/#.*$/gm, '').replace(/"[^"\n]*"/g, '');
  assert.doesNotMatch(withoutText, /(:|-)\s+[&*][A-Za-z]/, 'CloudFormation knows no YAML aliases');
  assert.doesNotMatch(withoutText, /<<:/, 'CloudFormation knows no YAML merges');
  assert.ok(kText.length <= 51_200, 'a larger template must be uploaded first');
});

test('a wrong property or a circle stops CDK: its reading is a check', () => {
  const wrong = [
    ['PayloadFormatVersion: "2.0"', 'PayloadFormatVersoin: "2.0"'],
    ['Function: !GetAtt Processor.Arn', 'Function: !GetAtt Processer.Arn'],
    ['TargetArn: !GetAtt DeadLetters.Arn', 'TargetArn: !GetAtt SourceBucket.Arn'],
  ];
  for (const [right, broken] of wrong) {
    assert.ok(kText.includes(right), right);
    assert.throws(() => load(kText.replaceAll(right, broken)), `${broken} went through`);
  }
});

test('every name it refers to is there', () => {
  const known = new Set([
    ...Object.keys(resources), ...Object.keys(template.Parameters),
    ...Object.keys(template.Conditions),
  ]);
  for (const name of referred([resources, template.Outputs, template.Conditions, template.Rules])) {
    assert.ok(known.has(name) || name.startsWith('AWS::'), `${name} is nowhere`);
  }
});

test('no resource points back to itself, by whatever way', () => {
  const next = Object.fromEntries(Object.entries(resources).map(([name, resource]) =>
    [name, [...referred(resource)].filter((other) => other in resources)]));
  const state = {};
  const visit = (name, path) => {
    assert.notEqual(state[name], 'open', `a circle: ${[...path, name].join(' → ')}`);
    if (state[name]) return;
    state[name] = 'open';
    next[name].forEach((other) => visit(other, [...path, name]));
    state[name] = 'done';
  };
  Object.keys(next).forEach((name) => visit(name, []));
});

test('every parameter, condition, mapping and resource has a use', () => {
  const used = referred([resources, template.Outputs, template.Conditions, template.Rules]);
  for (const kind of ['Parameters', 'Conditions']) {
    for (const name of Object.keys(template[kind])) assert.ok(used.has(name), `${kind}: ${name}`);
  }
  // These do something by being there; all others must be pointed at.
  const ends = /::(BucketPolicy|Permission|EventInvokeConfig|Policy|Route|Stage|Subscription|Alarm)$/;
  for (const [name, { Type }] of Object.entries(resources)) {
    assert.ok(used.has(name) || ends.test(Type), `${name} is of no use`);
  }
});

test('each role may do with pictures what grants.json says, and no more', () => {
  for (const [func, role] of [['image-upload-handler', 'ApiRole'], ['image-resize-processor', 'ProcessorRole']]) {
    const wanted = kGrants[func].map((grant) => `${grant.action} ${grant.bucket} ${grant.prefix}`).sort();
    assert.deepEqual(pictureGrants(role), wanted, role);
  }
});

test('no role has a wildcard action, nor, X-Ray aside, a wildcard resource', () => {
  for (const [part, path] of walk(resources)) {
    if (part?.Effect !== 'Allow') continue;
    for (const action of [part.Action].flat()) assert.match(action, /^[a-z0-9]+:[A-Za-z]+$/, path.join('.'));
    if (path.includes('AssumeRolePolicyDocument')) continue;
    const isTracing = [part.Action].flat().every((action) => action.startsWith('xray:'));
    assert.ok(part.Resource !== '*' || isTracing, path.join('.'));
  }
});

test('every bucket is private and encrypted, and its owner alone owns what is in it', () => {
  const buckets = Object.values(resources).filter(({ Type }) => Type === 'AWS::S3::Bucket');
  assert.equal(buckets.length, 3);
  for (const { Properties } of buckets) {
    assert.deepEqual([...new Set(Object.values(Properties.PublicAccessBlockConfiguration))], [true]);
    assert.equal(Object.keys(Properties.PublicAccessBlockConfiguration).length, 4);
    assert.ok(Properties.BucketEncryption);
    assert.equal(Properties.OwnershipControls.Rules[0].ObjectOwnership, 'BucketOwnerEnforced');
  }
});

test('every function runs from the same zip, logs as JSON to a group that forgets', () => {
  const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  assert.deepEqual(functions.map(({ Properties }) => Properties.Handler).sort(), ['api', 'processor']);
  for (const { Properties } of functions) {
    assert.deepEqual(Properties.Code, { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { Ref: 'CodeKey' } });
    assert.equal(Properties.LoggingConfig.LogFormat, 'JSON');
    assert.ok(resources[Properties.LoggingConfig.LogGroup.Ref].Properties.RetentionInDays);
  }
});

test('every variable it sets is one that the settings know', () => {
  const known = readFileSync(new URL('../docs/settings.md', import.meta.url), 'utf8');
  for (const { Properties } of Object.values(resources)) {
    for (const name of Object.keys(Properties?.Environment?.Variables ?? {})) {
      assert.ok(known.includes(`\`${name}\``), name);
    }
  }
});

// The processor's own metrics, as apps/bootstrap/metrics.cpp names them.
const kOwn = readFileSync(new URL('../apps/bootstrap/metrics.cpp', import.meta.url), 'utf8');
const named = (name) => new RegExp(`${name} = "([A-Za-z]+)"`).exec(kOwn)[1];
const kNamespace = named('kNamespace');
const kMetricNames = ['kPictures', 'kRetries', 'kBytesIn', 'kBytesOut', 'kRenderTime', 'kFailures', 'kErrors']
  .map(named).concat([...kOwn.matchAll(/\{"[a-z]+", +"([A-Za-z]+)"\}/g)].map((match) => match[1]));
const kDimensions = ['kFunction', 'kOutcome', 'kLane', 'kReason'].map(named);

// The dashboard as CloudWatch gets it, with a stand-in for what CloudFormation fills in.
function dashboard() {
  const [text] = resources.Dashboard.Properties.DashboardBody['Fn::Sub'];
  return JSON.parse(text.replace(/\$\{[A-Za-z0-9:.]+\}/g, '1'));
}

// [Namespace, MetricName, [DimensionName, ...]] of each metric of a widget; "." and "..." are the
// ones of the row above.
function* metricsOf(widget) {
  let above = [];
  for (const row of widget.properties.metrics) {
    const search = row[0]?.expression && /\{([^}]+)\} MetricName="(\w+)"/.exec(row[0].expression);
    if (search) {
      const [space, ...dimensions] = search[1].split(',');
      yield [space, search[2], dimensions];
    }
    if (typeof row[0] !== 'string') continue;
    let cells = row.filter((cell) => typeof cell === 'string');
    if (cells[0] === '...') cells = [...above.slice(0, above.length - (cells.length - 1)), ...cells.slice(1)];
    cells = cells.map((cell, i) => (cell === '.' ? above[i] : cell));
    above = cells;
    yield [cells[0], cells[1], cells.slice(2).filter((_, i) => i % 2 === 0)];
  }
}

test('the dashboard is valid and overlaps nowhere', () => {
  const taken = new Set();
  for (const { x, y, width, height } of dashboard().widgets) {
    assert.ok(x + width <= 24);
    for (let i = 0; i < width * height; ++i) {
      const cell = `${x + (i % width)},${y + Math.floor(i / width)}`;
      assert.ok(!taken.has(cell), cell);
      taken.add(cell);
    }
  }
});

test('dashboard and alarms show metrics that the processor makes, and all of them', () => {
  assert.equal(kNamespace, 'imagemill');
  assert.equal(kMetricNames.length, 13);
  const used = [...dashboard().widgets.flatMap((widget) => [...metricsOf(widget)])];
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::CloudWatch::Alarm') continue;
    const single = Properties.MetricName ? [Properties] : [];
    const several = (Properties.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
    for (const { Namespace, MetricName, Dimensions } of [...single, ...several]) {
      used.push([Namespace, MetricName, Dimensions.map(({ Name }) => Name)]);
    }
  }
  const own = used.filter(([space]) => space === kNamespace);
  assert.ok(used.every(([space]) => space === kNamespace || space.startsWith('AWS/')), String(used));
  for (const [, name, dimensions] of own) {
    assert.ok(kMetricNames.includes(name), name);
    for (const dimension of dimensions) assert.ok(kDimensions.includes(dimension), `${name}: ${dimension}`);
  }
  assert.deepEqual([...new Set(own.map(([, name]) => name))].sort(), [...kMetricNames].sort());
});

test('docs/deploy.md lists the metrics', () => {
  const docs = readFileSync(new URL('../docs/deploy.md', import.meta.url), 'utf8');
  for (const name of [...kMetricNames, ...kDimensions]) assert.ok(docs.includes(`\`${name}\``), name);
});
